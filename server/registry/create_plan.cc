#include "registry/create_plan.h"

#include <fmt/format.h>

#include <utility>

#include "registry/refusals.h"
#include "registry/session_answer.h"

namespace holter::registry {

CreatePlan::CreatePlan(const v1::CreateSessionRequest& request, const std::string& parent, std::string prefix)
    : session_(request.session()), prefix_(std::move(prefix)) {
  if (absl::StatusOr<std::string> tenant = ParseParent(parent, false); tenant.ok()) {
    name_.tenant = *tenant;
  } else {
    violations_.push_back({.field = "parent", .description = std::string(tenant.status().message())});
  }
  name_.session = request.session_id();
  if (!IsResourceId(request.session_id())) {
    violations_.push_back({.field = prefix_ + "session_id",
                           .description = "expected lower-case letters, digits and hyphens, beginning with a "
                                          "letter, not ending with a hyphen, at most 63 characters"});
  }
  if (!request.has_session()) {
    violations_.push_back({.field = prefix_ + "session", .description = "required"});
  } else if (violations_.empty() && !session_.name().empty() && session_.name() != name_.ToString()) {
    violations_.push_back(
        {.field = prefix_ + "session.name",
         .description = fmt::format("expected {}, as parent and session_id say, or nothing", name_.ToString())});
  }
}

absl::StatusOr<Declaration> CreatePlan::Compile(const WriteContext& context) const {
  return context.compiler->Compile(name_, session_, prefix_ + "session", context.secrets, violations_);
}

absl::Status CreatePlan::Fill(const WriteContext& context, Declaration declaration, bool is_trial, ChangeSet& changes,
                              v1::Session& answer) const {
  if (context.table->Find({.tenant = name_.tenant, .session = name_.session}).has_value()) {
    return SessionExists(name_.ToString());
  }
  const RecordPtr record = changes.Create(std::move(declaration), v1::ORIGIN_API);
  answer = ToProto({.record = record, .cell = nullptr}, context.lifecycle->clock());
  if (!is_trial) return absl::OkStatus();
  answer.clear_uid();
  answer.clear_etag();
  answer.clear_create_time();
  answer.clear_update_time();
  return absl::OkStatus();
}

}  // namespace holter::registry
