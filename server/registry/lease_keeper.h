// Ends leases in time.
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "registry/session_registry.h"

namespace holter::registry {

// Asks the registry once a second, on a thread of its own, to end the leases that are due. Used by one thread.
class LeaseKeeper {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(1);

  // `registry` outlives this.
  explicit LeaseKeeper(SessionRegistry& registry);
  // Ends the thread; waits for no deletion.
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  SessionRegistry& registry_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace holter::registry
