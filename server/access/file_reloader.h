// Has things read again when their files change, or when it is told to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "access/reloadable.h"
#include "base/operation_observer.h"
#include "base/ticker.h"

namespace holter::access {

// Looks at the files every kPollInterval. A change is taken when two looks in a row see the same, because several files
// may be written one after the other. What was refused is logged, counted and tried again now and then: the reason may
// lie in a file that is not there yet.
class FileReloader {
 public:
  static constexpr Duration kPollInterval = std::chrono::milliseconds(500);
  static constexpr int kPollsPerRetry = 20;

  // All outlive this.
  FileReloader(const std::vector<Reloadable*>& followed, OperationObserver& operations);
  FileReloader(const FileReloader&) = delete;
  FileReloader& operator=(const FileReloader&) = delete;

  // Follows the files on a thread of its own. Call once.
  void Start();

  // Any thread. Reads everything again, changed or not.
  void ReloadAll() ABSL_LOCKS_EXCLUDED(reload_mutex_);
  // One look, for the thread and for tests.
  void Poll() ABSL_LOCKS_EXCLUDED(reload_mutex_);

 private:
  struct Followed {
    Reloadable* reloadable;
    std::string seen;    // by the last look
    std::string loaded;  // by the last try
    std::string failure;
    int polls_since_try = 0;
  };

  void Reload(Followed& followed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(reload_mutex_);

  OperationObserver& operations_;
  absl::Mutex reload_mutex_;  // held while files are read
  std::vector<Followed> followed_ ABSL_GUARDED_BY(reload_mutex_);
  std::unique_ptr<Ticker> ticker_;  // only if started; ends first
};

}  // namespace holter::access
