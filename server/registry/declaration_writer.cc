#include "registry/declaration_writer.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/refusals.h"
#include "registry/session_answer.h"
#include "registry/update_mask.h"

namespace holter::registry {

void DeclarationWriter::Create(const v1::CreateSessionRequest& request, SessionRegistry::Reply reply) const {
  CreatePlan plan(request, request.parent(), "");
  RequestIdentity identity =
      IdentityOf("CreateSession", plan.name().tenant, request.request_id(), request, plan.violations());
  if (!plan.violations().empty()) return reply(plan.Compile(context_).status());
  const std::string name = plan.name().ToString();  // before the plan is moved
  calls_.Run<v1::Session>(
      {.names = {name}, .identity = std::move(identity), .validate_only = request.validate_only()}, std::move(reply),
      [this, plan = std::move(plan), is_trial = request.validate_only()](ChangeSet& changes, v1::Session& answer) {
        return PlanCreate(plan, is_trial, changes, answer);
      });
}

absl::Status DeclarationWriter::PlanCreate(const CreatePlan& plan, bool is_trial, ChangeSet& changes,
                                           v1::Session& answer) const {
  absl::StatusOr<Declaration> declaration = plan.Compile(context_);
  if (!declaration.ok()) return declaration.status();
  return plan.Fill(context_, *std::move(declaration), is_trial, changes, answer);
}

void DeclarationWriter::Update(const v1::UpdateSessionRequest& request, SessionRegistry::Reply reply) const {
  const absl::StatusOr<SessionName> name = ParseNameField("session.name", request.session().name());
  if (!name.ok()) return reply(name.status());
  std::vector<FieldViolation> violations;
  RequestIdentity identity = IdentityOf("UpdateSession", name->tenant, request.request_id(), request, violations);
  if (!violations.empty()) return reply(MakeInvalid(violations));
  calls_.Run<v1::Session>(
      {.names = {name->ToString()}, .identity = std::move(identity), .validate_only = request.validate_only()},
      std::move(reply), [this, name = *name, request](ChangeSet& changes, v1::Session& answer) {
        return PlanUpdate(name, request, changes, answer);
      });
}

absl::StatusOr<Declaration> DeclarationWriter::Merge(const SessionName& name, const SessionRecord& current,
                                                     const v1::UpdateSessionRequest& request) const {
  v1::Session stored;
  DeclarationToProto(current, &stored);
  v1::Session merged;
  merged.set_name(stored.name());
  *merged.mutable_labels() = stored.labels();
  merged.set_group(stored.group());
  if (stored.paused()) merged.set_paused(true);
  *merged.mutable_spec() = stored.spec();
  if (absl::Status status = ApplyUpdate(request, merged); !status.ok()) return status;
  return context_.compiler->Compile(name, merged, "session", context_.secrets, {});
}

absl::Status DeclarationWriter::PlanUpdate(const SessionName& name, const v1::UpdateSessionRequest& request,
                                           ChangeSet& changes, v1::Session& answer) const {
  const std::optional<LiveSession> current = context_.table->Find(NameOf(name));
  if (!current.has_value()) {
    if (!request.allow_missing() || !request.session().etag().empty()) return SessionNotFound(name.ToString());
    v1::CreateSessionRequest create;
    create.set_session_id(name.session);
    *create.mutable_session() = request.session();
    return PlanCreate(CreatePlan(create, "tenants/" + name.tenant, ""), request.validate_only(), changes, answer);
  }
  if (absl::Status status = CheckChangeable(*current->record); !status.ok()) return status;
  if (absl::Status status = CheckEtag(request.session().etag(), *current->record); !status.ok()) return status;
  absl::StatusOr<Declaration> declaration = Merge(name, *current->record, request);
  if (!declaration.ok()) return declaration.status();
  if (*declaration == current->record->declaration) {
    answer = ToWholeProto(*current, context_.lifecycle->clock());
    return absl::OkStatus();
  }
  const RecordPtr record = changes.Replace(*current, *std::move(declaration));
  answer = ToWholeProto({.record = record, .cell = current->cell}, context_.lifecycle->clock());
  if (request.validate_only()) {
    answer.clear_etag();
    answer.clear_update_time();
  }
  return absl::OkStatus();
}

void DeclarationWriter::Delete(const v1::DeleteSessionRequest& request, SessionRegistry::EmptyReply reply) const {
  const absl::StatusOr<SessionName> name = ParseNameField("name", request.name());
  if (!name.ok()) return reply(name.status());
  std::vector<FieldViolation> violations;
  RequestIdentity identity = IdentityOf("DeleteSession", name->tenant, request.request_id(), request, violations);
  if (!violations.empty()) return reply(MakeInvalid(violations));
  calls_.Run<google::protobuf::Empty>(
      {.names = {name->ToString()}, .identity = std::move(identity), .validate_only = request.validate_only()},
      [reply = std::move(reply)](const absl::StatusOr<google::protobuf::Empty>& answer) { reply(answer.status()); },
      [this, name = *name, etag = request.etag(), allow_missing = request.allow_missing()](
          ChangeSet& changes, google::protobuf::Empty& /*answer*/) -> absl::Status {
        std::optional<LiveSession> session = context_.table->Find(NameOf(name));
        if (!session.has_value()) return allow_missing ? absl::OkStatus() : SessionNotFound(name.ToString());
        if (absl::Status status = CheckChangeable(*session->record); !status.ok()) return status;
        if (absl::Status status = CheckEtag(etag, *session->record); !status.ok()) return status;
        changes.Remove(*std::move(session));
        return absl::OkStatus();
      });
}

}  // namespace holter::registry
