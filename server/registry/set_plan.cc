#include "registry/set_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "registry/refusals.h"
#include "registry/request_fields.h"
#include "registry/session_differences.h"
#include "registry/session_walk.h"
#include "spec/words.h"

namespace holter::registry {
namespace {

constexpr Duration kShortestLease = std::chrono::seconds(5);
constexpr Duration kLongestLease = std::chrono::hours(24);

using Action = v1::ApplyResult::Action;

v1::ApplyResult& AddResult(const std::string& name, Action action, v1::ApplySessionsResponse& answer) {
  v1::ApplyResult& result = *answer.add_results();
  result.set_name(name);
  result.set_action(action);
  return result;
}

void Count(v1::ApplySessionsResponse& answer) {
  v1::ApplySummary& summary = *answer.mutable_summary();
  for (const v1::ApplyResult& result : answer.results()) {
    switch (result.action()) {
      case v1::ApplyResult::ACTION_CREATED:
        summary.set_created(summary.created() + 1);
        break;
      case v1::ApplyResult::ACTION_UPDATED:
        summary.set_updated(summary.updated() + 1);
        break;
      case v1::ApplyResult::ACTION_DELETED:
        summary.set_deleted(summary.deleted() + 1);
        break;
      default:
        summary.set_unchanged(summary.unchanged() + 1);
    }
  }
}

}  // namespace

std::vector<std::string> NamesOfOwner(const SessionTable& table, std::string_view tenant, std::string_view owner) {
  std::vector<std::string> names;
  WalkSessions(table, tenant, {}, [&](const LiveSession& session) {
    if (session.record->owner() == owner) names.push_back(session.record->Name());
    return true;
  });
  return names;
}

std::string CheckOwner(const std::string& parent, const std::string& owner, std::vector<FieldViolation>& violations) {
  std::string tenant = ReadParent(parent, false, violations);
  CheckResourceId("owner", owner, violations);
  return tenant;
}

Duration CheckTtl(std::string_view field, const google::protobuf::Duration& ttl,
                  std::vector<FieldViolation>& violations) {
  const Duration length = spec::ToDuration(ttl);
  if (length < kShortestLease || length > kLongestLease) {
    violations.push_back({.field = std::string(field), .description = "expected 5s to 86400s"});
  }
  return length;
}

absl::Status SetPlan::Check() {
  tenant_ = CheckOwner(request_.parent(), request_.owner(), violations_);
  if (request_.has_lease_ttl() && (request_.lease_ttl().seconds() != 0 || request_.lease_ttl().nanos() != 0)) {
    ttl_ = CheckTtl("lease_ttl", request_.lease_ttl(), violations_);
  }
  for (int i = 0; i < request_.sessions_size() && violations_.size() < kMostViolations; ++i) {
    const std::string& text = request_.sessions(i).name();
    const absl::StatusOr<SessionName> name = ParseSessionName(text);
    std::string fault;
    if (!name.ok()) {
      fault = std::string(name.status().message());
    } else if (!tenant_.empty() && name->tenant != tenant_) {
      fault = fmt::format("expected a session of {}", request_.parent());
    } else if (!wanted_.insert(text).second) {
      fault = "named twice";
    }
    if (!fault.empty()) violations_.push_back({.field = fmt::format("sessions[{}].name", i), .description = fault});
  }
  return violations_.empty() ? absl::OkStatus() : MakeInvalid(violations_);
}

std::vector<std::string> SetPlan::Names() {
  std::vector<std::string> names(wanted_.begin(), wanted_.end());
  if (!request_.prune()) return names;
  for (std::string& name : NamesOfOwner(*context_.table, tenant_, owner())) {
    if (!wanted_.contains(name)) unwanted_.push_back(std::move(name));
  }
  std::vector<std::string> all;
  std::merge(names.begin(), names.end(), unwanted_.begin(), unwanted_.end(), std::back_inserter(all));
  return all;
}

absl::Status SetPlan::Fill(ChangeSet& changes, v1::ApplySessionsResponse& answer) {
  for (int i = 0; i < request_.sessions_size(); ++i) {
    if (absl::Status status = FillOne(i, changes, answer); !status.ok()) return status;
  }
  if (!violations_.empty()) return MakeInvalid(violations_);
  FillDeleted(changes, answer);
  Count(answer);
  return absl::OkStatus();
}

absl::Status SetPlan::FillOne(int index, ChangeSet& changes, v1::ApplySessionsResponse& answer) {
  v1::Session& session = *request_.mutable_sessions(index);
  const absl::StatusOr<SessionName> name = ParseSessionName(session.name());
  if (!name.ok()) return name.status();
  const std::optional<LiveSession> current = context_.table->Find(NameOf(*name));
  if (current.has_value()) {
    const SessionRecord& record = *current->record;
    if (absl::Status status = CheckChangeable(record, owner()); !status.ok()) return status;
    if (!session.has_paused()) session.set_paused(record.declaration.paused);
    if (context_.compiler->IsSame(session, record.declaration, owner())) {
      AddResult(session.name(), v1::ApplyResult::ACTION_UNCHANGED, answer);
      return absl::OkStatus();
    }
  }
  if (violations_.size() >= kMostViolations) return MakeInvalid(violations_);
  absl::StatusOr<Declaration> declaration =
      context_.compiler->Compile(*name, session, fmt::format("sessions[{}]", index), context_.secrets, {}, owner());
  if (!declaration.ok()) {
    return AppendViolations(declaration.status(), violations_) ? absl::OkStatus() : declaration.status();
  }
  if (!current.has_value()) {
    AddResult(session.name(), v1::ApplyResult::ACTION_CREATED, answer);
    changes.Create(*std::move(declaration), v1::ORIGIN_API);
    return absl::OkStatus();
  }
  v1::ApplyResult& result = AddResult(session.name(), v1::ApplyResult::ACTION_UPDATED, answer);
  v1::Session present;
  DeclarationToProto(*current->record, &present);
  session.set_owner(owner());
  for (std::string& field : ChangedFields(present, session)) {
    result.add_changed_fields(std::move(field));
  }
  changes.Replace(*current, *std::move(declaration));
  return absl::OkStatus();
}

void SetPlan::FillDeleted(ChangeSet& changes, v1::ApplySessionsResponse& answer) {
  for (const std::string& text : unwanted_) {
    std::optional<LiveSession> session = context_.table->FindNamed(text);
    // Nobody else takes away sessions of an owner whose turn we hold.
    if (!session.has_value()) continue;
    AddResult(text, v1::ApplyResult::ACTION_DELETED, answer);
    changes.Remove(*std::move(session));
  }
}

}  // namespace holter::registry
