// Hears everything of the sessions of a test and lets the test wait for it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/session_observer.h"

namespace holter::testing {

class RecordingObserver final : public core::SessionObserver {
 public:
  using Transitions = std::vector<core::Transition>;

  void OnTransition(core::SessionId /*id*/, const core::Transition& transition) override {
    absl::MutexLock lock(&mutex_);
    transitions_.push_back(transition);
  }
  void OnBeat(core::SessionId /*id*/, const core::BeatReport& /*report*/) override {}
  void OnAttempt(core::SessionId /*id*/, const core::AttemptReport& /*report*/) override { ++attempts_; }
  void OnPhase(core::SessionId /*id*/, core::Phase /*phase*/, Duration /*took*/) override {}
  void OnTcpRtt(core::SessionId /*id*/, const core::TcpRtt& /*rtt*/) override {}
  void OnTraffic(core::SessionId /*id*/, const core::Traffic& /*delta*/) override {}
  void OnBegin(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}
  void OnEnd(core::SessionId /*id*/, core::State /*state*/, core::Health /*health*/) override {}

  // True as soon as `holds` says so of the transitions up to then; false after `timeout`.
  bool WaitFor(const std::function<bool(const Transitions&)>& holds, std::chrono::milliseconds timeout) {
    absl::MutexLock lock(&mutex_);
    const auto condition = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return holds(transitions_); };
    return mutex_.AwaitWithTimeout(absl::Condition(&condition), absl::FromChrono(timeout));
  }

  Transitions transitions() const {
    absl::MutexLock lock(&mutex_);
    return transitions_;
  }
  int attempts() const { return attempts_; }

 private:
  mutable absl::Mutex mutex_;
  Transitions transitions_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> attempts_{0};
};

}  // namespace holter::testing
