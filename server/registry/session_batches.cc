#include "registry/session_batches.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/create_plan.h"
#include "registry/refusals.h"
#include "registry/request_fields.h"
#include "registry/session_answer.h"

namespace holter::registry {
namespace {

using google::protobuf::RepeatedPtrField;

// INVALID_ARGUMENT as MakeInvalid's, or OK if nothing was found.
absl::Status Judge(const std::vector<FieldViolation>& violations) {
  return violations.empty() ? absl::OkStatus() : MakeInvalid(violations);
}

void CheckSize(std::string_view field, int size, int most, std::vector<FieldViolation>& violations) {
  if (size >= 1 && size <= most) return;
  violations.push_back(
      {.field = std::string(field), .description = fmt::format("expected 1 to {}, got {}", most, size)});
}

// The sessions of a batch that names them.
struct NamedBatch {
  std::string tenant;
  std::vector<SessionName> names;
  std::vector<FieldViolation> violations;

  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const SessionName& name : names) {
      texts.push_back(name.ToString());
    }
    return texts;
  }
  std::vector<NameRef> Refs() const {
    std::vector<NameRef> refs;
    for (const SessionName& name : names) {
      refs.push_back(NameOf(name));
    }
    return refs;
  }
};

NamedBatch ReadNames(const std::string& parent, const RepeatedPtrField<std::string>& names, int most) {
  NamedBatch batch;
  batch.tenant = ReadParent(parent, false, batch.violations);
  CheckSize("names", names.size(), most, batch.violations);
  if (names.size() > most) return batch;
  std::set<std::string> seen;
  for (int i = 0; i < names.size(); ++i) {
    const std::string field = fmt::format("names[{}]", i);
    absl::StatusOr<SessionName> name = ParseSessionName(names[i]);
    if (!name.ok()) {
      batch.violations.push_back({.field = field, .description = std::string(name.status().message())});
    } else if (!batch.tenant.empty() && name->tenant != batch.tenant) {
      batch.violations.push_back({.field = field, .description = fmt::format("expected a session of {}", parent)});
    } else if (!seen.insert(names[i]).second) {
      batch.violations.push_back({.field = field, .description = "named twice"});
    } else {
      batch.names.push_back(*std::move(name));
    }
  }
  return batch;
}

// One plan for each request; what is wrong is in the violations of the plans and in `violations`.
std::vector<CreatePlan> PlansOf(const v1::BatchCreateSessionsRequest& request,
                                std::vector<FieldViolation>& violations) {
  std::vector<CreatePlan> plans;
  CheckSize("requests", request.requests_size(), SessionBatches::kMostWritten, violations);
  ReadParent(request.parent(), false, violations);
  if (!violations.empty()) return plans;
  std::set<std::string> seen;
  for (int i = 0; i < request.requests_size(); ++i) {
    const v1::CreateSessionRequest& one = request.requests(i);
    const std::string prefix = fmt::format("requests[{}].", i);
    CreatePlan& plan = plans.emplace_back(one, request.parent(), prefix);
    const auto refuse = [&](std::string_view field, std::string description) {
      plan.violations().push_back({.field = prefix + std::string(field), .description = std::move(description)});
    };
    if (!one.parent().empty() && one.parent() != request.parent()) {
      refuse("parent", fmt::format("expected {} or nothing", request.parent()));
    }
    if (!one.request_id().empty()) refuse("request_id", "expected nothing: the batch has one");
    if (one.validate_only()) refuse("validate_only", "expected nothing: the batch says it");
    if (!seen.insert(one.session_id()).second) refuse("session_id", "named twice");
  }
  return plans;
}

// What all plans declare. INVALID_ARGUMENT lists what is wrong with any of them, and `violations` before that.
absl::StatusOr<std::vector<Declaration>> CompileAll(const WriteContext& context, const std::vector<CreatePlan>& plans,
                                                    std::vector<FieldViolation> violations) {
  std::vector<Declaration> declarations;
  for (const CreatePlan& plan : plans) {
    absl::StatusOr<Declaration> declaration = plan.Compile(context);
    if (declaration.ok()) {
      declarations.push_back(*std::move(declaration));
      continue;
    }
    if (!AppendViolations(declaration.status(), violations)) return declaration.status();
  }
  if (!violations.empty()) return MakeInvalid(violations);
  return declarations;
}

}  // namespace

void SessionBatches::Create(const v1::BatchCreateSessionsRequest& request,
                            SessionRegistry::BatchCreateReply reply) const {
  std::vector<FieldViolation> violations;
  std::vector<CreatePlan> plans = PlansOf(request, violations);
  const std::string tenant = plans.empty() ? std::string() : plans.front().name().tenant;
  RequestIdentity identity = IdentityOf("BatchCreateSessions", tenant, request.request_id(), request, violations);
  bool are_named = violations.empty();
  std::vector<std::string> names;
  for (CreatePlan& plan : plans) {
    are_named = are_named && plan.violations().empty();
    names.push_back(plan.name().ToString());
  }
  if (!are_named) return reply(CompileAll(context_, plans, std::move(violations)).status());
  calls_.Run<v1::BatchCreateSessionsResponse>(
      {.names = std::move(names), .identity = std::move(identity), .validate_only = request.validate_only()},
      std::move(reply),
      [this, plans = std::move(plans), is_trial = request.validate_only()](ChangeSet& changes,
                                                                           v1::BatchCreateSessionsResponse& answer) {
        absl::StatusOr<std::vector<Declaration>> declarations = CompileAll(context_, plans, {});
        if (!declarations.ok()) return declarations.status();
        for (size_t i = 0; i < plans.size(); ++i) {
          absl::Status status =
              plans[i].Fill(context_, std::move((*declarations)[i]), is_trial, changes, *answer.add_sessions());
          if (!status.ok()) return status;
        }
        return absl::OkStatus();
      });
}

void SessionBatches::Delete(const v1::BatchDeleteSessionsRequest& request, SessionRegistry::EmptyReply reply) const {
  NamedBatch batch = ReadNames(request.parent(), request.names(), kMostWritten);
  RequestIdentity identity =
      IdentityOf("BatchDeleteSessions", batch.tenant, request.request_id(), request, batch.violations);
  if (absl::Status status = Judge(batch.violations); !status.ok()) return reply(status);
  std::vector<std::string> names = batch.Texts();
  calls_.Run<google::protobuf::Empty>(
      {.names = std::move(names), .identity = std::move(identity), .validate_only = request.validate_only()},
      [reply = std::move(reply)](const absl::StatusOr<google::protobuf::Empty>& answer) { reply(answer.status()); },
      [this, batch = std::move(batch)](ChangeSet& changes, google::protobuf::Empty& /*answer*/) -> absl::Status {
        std::vector<std::optional<LiveSession>> sessions = context_.table->FindAll(batch.Refs());
        for (size_t i = 0; i < sessions.size(); ++i) {
          if (!sessions[i].has_value()) return SessionNotFound(batch.names[i].ToString());
          if (absl::Status status = CheckChangeable(*sessions[i]->record); !status.ok()) return status;
          changes.Remove(*std::move(sessions[i]));
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::BatchGetSessionsResponse> SessionBatches::Get(const v1::BatchGetSessionsRequest& request) const {
  const NamedBatch batch = ReadNames(request.parent(), request.names(), kMostRead);
  if (absl::Status status = Judge(batch.violations); !status.ok()) return status;
  const std::vector<std::optional<LiveSession>> sessions = context_.table->FindAll(batch.Refs());
  v1::BatchGetSessionsResponse response;
  for (size_t i = 0; i < sessions.size(); ++i) {
    if (!sessions[i].has_value()) return SessionNotFound(batch.names[i].ToString());
    *response.add_sessions() = ToProto(*sessions[i], context_.lifecycle->clock());
  }
  return response;
}

}  // namespace holter::registry
