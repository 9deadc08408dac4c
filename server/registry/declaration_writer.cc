#include "registry/declaration_writer.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/session_answer.h"
#include "registry/update_mask.h"

namespace holter::registry {
namespace {

struct NamedSession {
  SessionName name;
  std::vector<FieldViolation> violations;
};

// What the request says about the name, from its three places.
NamedSession NameOf(const v1::CreateSessionRequest& request) {
  NamedSession named;
  if (absl::StatusOr<std::string> tenant = ParseParent(request.parent(), false); tenant.ok()) {
    named.name.tenant = *tenant;
  } else {
    named.violations.push_back({.field = "parent", .description = std::string(tenant.status().message())});
  }
  named.name.session = request.session_id();
  if (!IsResourceId(request.session_id())) {
    named.violations.push_back({.field = "session_id",
                                .description = "expected lower-case letters, digits and hyphens, beginning with a "
                                               "letter, not ending with a hyphen, at most 63 characters"});
  }
  if (!request.has_session()) {
    named.violations.push_back({.field = "session", .description = "required"});
  } else if (named.violations.empty() && !request.session().name().empty() &&
             request.session().name() != named.name.ToString()) {
    named.violations.push_back(
        {.field = "session.name",
         .description = fmt::format("expected {}, as parent and session_id say, or nothing", named.name.ToString())});
  }
  return named;
}

absl::StatusOr<SessionName> ParseName(std::string_view field, const std::string& text) {
  absl::StatusOr<SessionName> name = ParseSessionName(text);
  if (name.ok()) return name;
  return MakeInvalid({{.field = std::string(field), .description = std::string(name.status().message())}});
}

absl::Status SessionExists(const std::string& name) {
  return MakeError(absl::StatusCode::kAlreadyExists, "SESSION_EXISTS", fmt::format("{} already exists", name),
                   {{"name", name}});
}

}  // namespace

absl::Status SessionNotFound(const std::string& name) {
  return MakeError(absl::StatusCode::kNotFound, "SESSION_NOT_FOUND", fmt::format("there is no session {}", name),
                   {{"name", name}});
}

absl::Status WriteContext::CheckOpen() const {
  if (!closed->load()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "holterd is stopping");
}

void DeclarationWriter::InTurn(const SessionName& name, std::function<void()> write, const Refuse& refuse) {
  const std::string text = name.ToString();
  const bool taken = context_.names->Acquire(text, [this, text, write = std::move(write), refuse] {
    if (absl::Status status = context_.CheckOpen(); !status.ok()) {
      refuse(status);
      context_.names->Release(text);
    } else {
      write();
    }
  });
  if (taken) return;
  refuse(MakeError(absl::StatusCode::kAborted, "CONCURRENT_CHANGE",
                   fmt::format("too many changes of {} wait for each other", text), {{"name", text}}));
}

template <class Reply, class Result>
void DeclarationWriter::Finish(const SessionName& name, const Reply& reply, Result result) {
  reply(std::move(result));
  context_.names->Release(name.ToString());
}

v1::Session DeclarationWriter::Answer(const SessionName& name) const {
  // The name is held, so the session is there.
  return ToProto(*context_.table->Find({.tenant = name.tenant, .session = name.session}), context_.lifecycle->clock());
}

void DeclarationWriter::Create(const v1::CreateSessionRequest& request, const SessionRegistry::Reply& reply) {
  NamedSession named = NameOf(request);
  absl::StatusOr<Declaration> declaration = context_.compiler->Compile(named.name, request.session(), "session",
                                                                       context_.secrets, std::move(named.violations));
  if (!declaration.ok()) return reply(declaration.status());
  InTurn(
      named.name,
      [this, name = named.name, declaration = *std::move(declaration), reply] {
        CreateInTurn(name, declaration, reply);
      },
      reply);
}

void DeclarationWriter::CreateInTurn(const SessionName& name, Declaration declaration,
                                     const SessionRegistry::Reply& reply) {
  if (context_.table->Find({.tenant = name.tenant, .session = name.session}).has_value()) {
    return Finish(name, reply, SessionExists(name.ToString()));
  }
  if (absl::Status status = context_.engine->Admit(1); !status.ok()) return Finish(name, reply, status);
  RecordPtr record = context_.lifecycle->MakeRecord(std::move(declaration), v1::ORIGIN_API);
  std::vector<store::Change> changes = {PutOf(*record)};
  context_.store->Commit(std::move(changes), [this, name, record, reply](const absl::Status& status) {
    if (!status.ok()) {
      context_.engine->Unadmit(1);
      return Finish(name, reply, status);
    }
    context_.lifecycle->Publish(record, true);
    Finish(name, reply, Answer(name));
  });
}

absl::StatusOr<LiveSession> DeclarationWriter::FindChangeable(const SessionName& name) const {
  std::optional<LiveSession> session = context_.table->Find({.tenant = name.tenant, .session = name.session});
  if (!session.has_value()) return SessionNotFound(name.ToString());
  if (session->record->origin == v1::ORIGIN_FILE) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "FILE_MANAGED",
                     fmt::format("{} is declared in a file and changes only there", name.ToString()),
                     {{"name", name.ToString()}});
  }
  return *std::move(session);
}

void DeclarationWriter::Update(const v1::UpdateSessionRequest& request, const SessionRegistry::Reply& reply) {
  const absl::StatusOr<SessionName> name = ParseName("session.name", request.session().name());
  if (!name.ok()) return reply(name.status());
  InTurn(
      *name, [this, name = *name, request, reply] { UpdateInTurn(name, request, reply); }, reply);
}

absl::StatusOr<Declaration> DeclarationWriter::Merge(const SessionName& name, const SessionRecord& current,
                                                     const v1::UpdateSessionRequest& request) const {
  v1::Session stored;
  DeclarationToProto(current, &stored);
  v1::Session merged;
  merged.set_name(stored.name());
  *merged.mutable_labels() = stored.labels();
  merged.set_group(stored.group());
  *merged.mutable_spec() = stored.spec();
  if (absl::Status status = ApplyUpdate(request, merged); !status.ok()) return status;
  return context_.compiler->Compile(name, merged, "session", context_.secrets, {});
}

void DeclarationWriter::UpdateInTurn(const SessionName& name, const v1::UpdateSessionRequest& request,
                                     const SessionRegistry::Reply& reply) {
  const absl::StatusOr<LiveSession> current = FindChangeable(name);
  if (!current.ok()) return Finish(name, reply, current.status());
  absl::StatusOr<Declaration> declaration = Merge(name, *current->record, request);
  if (!declaration.ok()) return Finish(name, reply, declaration.status());
  if (*declaration == current->record->declaration) return Finish(name, reply, Answer(name));
  RecordPtr record = context_.lifecycle->MakeSuccessor(*current->record, *std::move(declaration));
  std::vector<store::Change> changes = {PutOf(*record)};
  context_.store->Commit(std::move(changes),
                         [this, name, record, cell = current->cell, reply](const absl::Status& status) {
                           if (!status.ok()) return Finish(name, reply, status);
                           context_.lifecycle->Change(record, cell);
                           Finish(name, reply, Answer(name));
                         });
}

void DeclarationWriter::Delete(const v1::DeleteSessionRequest& request, const SessionRegistry::EmptyReply& reply) {
  const absl::StatusOr<SessionName> name = ParseName("name", request.name());
  if (!name.ok()) return reply(name.status());
  InTurn(
      *name, [this, name = *name, reply] { DeleteInTurn(name, reply); }, reply);
}

void DeclarationWriter::DeleteInTurn(const SessionName& name, const SessionRegistry::EmptyReply& reply) {
  const absl::StatusOr<LiveSession> session = FindChangeable(name);
  if (!session.ok()) return Finish(name, reply, session.status());
  std::vector<store::Change> changes = {store::DeleteChange{.name = name.ToString()}};
  context_.store->Commit(std::move(changes), [this, name, session = *session, reply](const absl::Status& status) {
    if (status.ok()) context_.lifecycle->Remove(session);
    Finish(name, reply, status);
  });
}

}  // namespace holter::registry
