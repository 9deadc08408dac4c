// Keeps the sessions of --sessions-dir declared: at start, and whenever the files change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/operation_observer.h"
#include "base/ticker.h"
#include "registry/session_registry.h"

namespace holter::registry {

// How the files are.
struct SessionsDirectoryStatus {
  absl::Status last;      // of the last try; not OK: the last good set stands
  size_t files = 0;       // of the last good set
  size_t sessions = 0;    // of the last good set
  uint64_t reloads = 0;   // sets that were taken
  uint64_t failures = 0;  // tries that were refused
};

// Looks at the files every kPollInterval. A change is taken when two looks in a row see the same: a file that is just
// being written may parse half way, and half a list would take down the sessions of the other half. What was refused is
// tried again now and then, because the reason may lie elsewhere (a secret that is not there yet, a name that the API
// holds).
class SessionsDirectory {
 public:
  static constexpr Duration kPollInterval = std::chrono::seconds(1);
  static constexpr int kPollsPerRetry = 10;

  // Takes the files, then follows them on a thread of its own; a set that is refused is logged, and the one of before
  // stands, as the store has it. Without a directory no file declares anything: what files declared before is removed.
  // `registry` and `operations`, which is told of each try as a reload of "sessions", outlive this.
  static std::unique_ptr<SessionsDirectory> Start(const std::string& directory, SessionRegistry& registry,
                                                  OperationObserver& operations);

  // For Start, and for tests that look themselves.
  SessionsDirectory(std::string directory, SessionRegistry& registry, OperationObserver& operations)
      : directory_(std::move(directory)), registry_(registry), operations_(operations) {}
  SessionsDirectory(const SessionsDirectory&) = delete;
  SessionsDirectory& operator=(const SessionsDirectory&) = delete;

  // Reads and declares, whether anything changed or not. Not thread-safe, as Poll.
  void Load();
  // One look.
  void Poll();

  // Any thread.
  SessionsDirectoryStatus status() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status TakeFiles() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string directory_;
  SessionRegistry& registry_;
  OperationObserver& operations_;
  // Of whoever loads and polls.
  std::string seen_;    // by the last look
  std::string loaded_;  // by the last try
  int polls_since_try_ = 0;

  mutable absl::Mutex mutex_;
  SessionsDirectoryStatus status_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Ticker> ticker_;  // only if started; ends first
};

}  // namespace holter::registry
