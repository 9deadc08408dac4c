// Ctrl-C, and the end of a time limit, without a signal handler.
#pragma once

#include <csignal>

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"

namespace holter::cli {

// While it lives, SIGINT, SIGTERM and SIGHUP do not end the process but interrupt what it runs, once; so does the end
// of `limit`. The second signal ends the process. Make it before any other thread, whose signal mask has to be
// inherited from here.
class Interrupt {
 public:
  // `limit` zero: none.
  explicit Interrupt(Duration limit);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  friend class InterruptScope;

  void Watch(Duration limit);
  void Fire();

  sigset_t old_mask_{};
  int signal_fd_ = -1;
  int stop_fd_ = -1;
  absl::Mutex mutex_;
  bool fired_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void()> action_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// While it lives, an interrupt runs `action`: at once if it has come already, else on the thread of `interrupt`. The
// action must not block for long; it does not run after the destructor.
class InterruptScope {
 public:
  InterruptScope(Interrupt& interrupt, std::function<void()> action);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  Interrupt& interrupt_;
};

}  // namespace holter::cli
