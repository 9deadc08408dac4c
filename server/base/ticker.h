// Work that has to be done now and then.
#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"

namespace holter {

// Calls `tick` again and again on a thread of its own, `interval` after the call before has ended; the first time
// `interval` after the construction. Used by one thread.
class Ticker {
 public:
  Ticker(Duration interval, std::function<void()> tick);
  // Ends the thread; waits for a call that runs.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  const Duration interval_;
  const std::function<void()> tick_;
  absl::Mutex mutex_;  // a leaf
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace holter
