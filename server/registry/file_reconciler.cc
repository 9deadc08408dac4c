#include "registry/file_reconciler.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/log.h"
#include "base/session_name.h"
#include "registry/change_set.h"
#include "registry/request_fields.h"
#include "registry/session_walk.h"

namespace holter::registry {
namespace {

absl::Status CommitAndWait(std::shared_ptr<ChangeSet> changes) {
  absl::Notification done;
  absl::Status result;
  ChangeSet::Commit(std::move(changes), {}, [&done, &result](absl::Status status) {
    result = std::move(status);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

// Takes names in order and gives them back.
class HeldNames {
 public:
  HeldNames(NameSequencer* sequencer, std::vector<std::string> names)
      : sequencer_(sequencer), names_(std::move(names)) {
    for (const std::string& name : names_) {
      sequencer_->Hold(name);
    }
  }
  ~HeldNames() {
    for (const std::string& name : names_) {
      sequencer_->Release(name);
    }
  }
  HeldNames(const HeldNames&) = delete;
  HeldNames& operator=(const HeldNames&) = delete;

 private:
  NameSequencer* const sequencer_;
  const std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> FileReconciler::Difference::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, declaration] : created) {
    names.push_back(name);
  }
  for (const auto& [name, replacement] : changed) {
    names.push_back(name);
  }
  for (const auto& [name, session] : removed) {
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, LiveSession> FileReconciler::FileSessions() const {
  std::map<std::string, LiveSession> found;
  WalkSessions(*context_.table, "-", {}, [&](LiveSession session) {
    if (session.record->origin == v1::ORIGIN_FILE) found.emplace(session.record->Name(), std::move(session));
    return true;
  });
  return found;
}

absl::Status FileReconciler::CheckNamesAreOurs(const std::vector<std::string>& names) const {
  for (const std::string& text : names) {
    const std::optional<LiveSession> session = context_.table->FindNamed(text);
    if (!session.has_value() || session->record->origin == v1::ORIGIN_FILE) continue;
    return MakeError(absl::StatusCode::kFailedPrecondition, "API_MANAGED",
                     fmt::format("{} is declared over the API; delete it there, or take it out of the files", text),
                     {{"name", text}});
  }
  return absl::OkStatus();
}

absl::StatusOr<FileReconciler::Difference> FileReconciler::Compare(const std::vector<v1::Session>& sessions) {
  Difference difference;
  difference.removed = FileSessions();
  std::vector<FieldViolation> violations;
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const v1::Session& session : sessions) {
    const std::optional<SessionName> name = DeclaredName(session, violations);
    if (!name.has_value()) continue;
    if (!seen.insert(session.name()).second) {
      violations.push_back({.field = session.name(), .description = "declared twice"});
      continue;
    }
    names.push_back(session.name());
    std::optional<LiveSession> current;
    if (auto found = difference.removed.extract(session.name())) current = std::move(found.mapped());
    if (current.has_value() && context_.compiler->IsSame(session, current->record->declaration)) continue;
    absl::StatusOr<Declaration> declaration =
        context_.compiler->Compile(*name, session, session.name(), context_.secrets, {});
    if (!declaration.ok()) {
      if (!AppendViolations(declaration.status(), violations)) return declaration.status();
    } else if (current.has_value()) {
      difference.changed.emplace(session.name(), Replacement{*std::move(current), *std::move(declaration)});
    } else {
      difference.created.emplace(session.name(), *std::move(declaration));
    }
  }
  if (!violations.empty()) return MakeInvalid(violations);
  if (absl::Status status = CheckNamesAreOurs(names); !status.ok()) return status;
  return difference;
}

absl::Status FileReconciler::Reconcile(const std::vector<v1::Session>& sessions) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Difference> difference = Compare(sessions);
  if (!difference.ok()) return difference.status();
  if (difference->empty()) return context_.CheckOpen();
  const HeldNames held(context_.names, difference->Names());
  if (absl::Status status = context_.CheckOpen(); !status.ok()) return status;
  // The API may have taken a name before we held it.
  if (absl::Status status = CheckNamesAreOurs(difference->Names()); !status.ok()) return status;
  return Apply(*std::move(difference));
}

absl::Status FileReconciler::Apply(Difference&& difference) {
  auto changes = std::make_shared<ChangeSet>(context_);
  for (auto& [name, declaration] : difference.created) {
    changes->Create(std::move(declaration), v1::ORIGIN_FILE);
  }
  for (auto& [name, replacement] : difference.changed) {
    changes->Replace(replacement.current, std::move(replacement.declaration));
  }
  for (auto& [name, session] : difference.removed) {
    changes->Remove(std::move(session));
  }
  if (absl::Status status = CommitAndWait(changes); !status.ok()) return status;
  Log(LogLevel::kInfo, "sessions of files reconciled",
      {{"created", changes->created()}, {"changed", changes->replaced()}, {"removed", changes->removed()}});
  return absl::OkStatus();
}

}  // namespace holter::registry
