// Makes the sessions that are declared in files be what the files say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "registry/session_table.h"
#include "registry/write_context.h"

namespace holter::registry {

// Any thread but the store's; one Reconcile at a time, others wait.
class FileReconciler {
 public:
  explicit FileReconciler(const WriteContext& context) : context_(context) {}

  // See SessionRegistry::ReconcileFiles. Paths of violations begin with the session's name.
  absl::Status Reconcile(const std::vector<v1::Session>& sessions) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Replacement {
    LiveSession current;
    Declaration declaration;
  };
  // What has to be done, by name.
  struct Difference {
    std::map<std::string, Declaration> created;
    std::map<std::string, Replacement> changed;
    std::map<std::string, LiveSession> removed;

    std::vector<std::string> Names() const;
    bool empty() const { return created.empty() && changed.empty() && removed.empty(); }
  };

  absl::StatusOr<Difference> Compare(const std::vector<v1::Session>& sessions) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckNamesAreOurs(const std::vector<std::string>& names) const;
  absl::Status Apply(Difference&& difference) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::map<std::string, LiveSession> FileSessions() const;

  const WriteContext context_;
  absl::Mutex mutex_;  // held while a set is reconciled, commit included
};

}  // namespace holter::registry
