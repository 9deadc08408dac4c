#include "registry/create_plan.h"

#include <fmt/format.h>

#include <utility>

#include "registry/refusals.h"
#include "registry/request_fields.h"
#include "registry/session_answer.h"

namespace holter::registry {

CreatePlan::CreatePlan(const v1::CreateSessionRequest& request, const std::string& parent, std::string prefix)
    : session_(request.session()), prefix_(std::move(prefix)) {
  name_.tenant = ReadParent(parent, false, violations_);
  name_.session = request.session_id();
  CheckResourceId(prefix_ + "session_id", request.session_id(), violations_);
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
  if (context.table->Find(NameOf(name_)).has_value()) {
    return SessionExists(name_.ToString());
  }
  const RecordPtr record = changes.Create(std::move(declaration), v1::ORIGIN_API);
  answer = ToWholeProto({.record = record, .cell = nullptr}, context.lifecycle->clock());
  if (!is_trial) return absl::OkStatus();
  answer.clear_uid();
  answer.clear_etag();
  answer.clear_create_time();
  answer.clear_update_time();
  return absl::OkStatus();
}

}  // namespace holter::registry
