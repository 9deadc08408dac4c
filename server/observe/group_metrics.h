// The aggregates of one tenant and group, fed by the loops.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "core/session_observer.h"
#include "observe/beat_tape.h"
#include "observe/metric_families.h"

namespace holter::observe {

// A histogram that comes into being with its first sample, so that a layer or phase that a group does not use costs no
// series.
class LazyHistogram {
 public:
  // Any thread. The family returns the same object for the same labels, so a race makes no second one.
  void Observe(Family<Histogram>& family, const prometheus::Labels& group, const char* key, std::string_view value,
               const Histogram::BucketBoundaries& bounds, double sample);

 private:
  std::atomic<Histogram*> histogram_{nullptr};
};

// Heartbeats touch only counters whose address is known and take no lock of ours; what is rare (transitions, attempts)
// takes the mutex, a leaf that is held for a few look-ups. Every method from any thread. Lives as long as Metrics,
// which owns it.
class GroupMetrics final : public core::SessionObserver {
 public:
  // What is referred to outlives it.
  GroupMetrics(GroupFamilies& families, BeatTape& tape, const Clock& clock, const std::string& tenant,
               const std::string& group);

  void OnTransition(core::SessionId id, const core::Transition& transition) override;
  void OnBeat(core::SessionId id, const core::BeatReport& report) override;
  void OnAttempt(core::SessionId id, const core::AttemptReport& report) override;
  void OnPhase(core::SessionId id, core::Phase phase, Duration took) override;
  void OnTcpRtt(core::SessionId id, const core::TcpRtt& rtt) override;
  void OnTraffic(core::SessionId id, const core::Traffic& delta) override;
  void OnBegin(core::SessionId id, core::State state, core::Health health) override;
  void OnEnd(core::SessionId id, core::State state, core::Health health) override;

  // Brings the counters of time up to `now`.
  void Settle(TimePoint now);

 private:
  static constexpr int kLayers = 2;  // protocol, app
  static constexpr int kBeatKinds = 8;
  static constexpr int kStates = 5;
  static constexpr int kHealths = 4;

  void SettleLocked(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(core::State state, core::Health health) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enter(core::State state, core::Health health) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Gauge& SessionsIn(core::State state, core::Health health);
  void CountEntry(std::string_view to, int number, const core::Transition& transition)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Counter& ByReason(std::array<Counter*, core::kReasonCount>& counters, Family<Counter>& family, core::Reason reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  prometheus::Labels With(const char* key, std::string_view value) const;

  // Constant after construction.
  GroupFamilies& families_;
  BeatTape& tape_;
  const Clock& clock_;
  const prometheus::Labels labels_;
  std::array<std::array<Counter*, kBeatKinds>, kLayers> beats_{};
  std::array<std::array<Gauge*, kHealths>, kStates> sessions_{};
  Counter& attempts_;
  Counter& observed_seconds_;
  Counter& healthy_seconds_;
  Counter& messages_received_;
  Counter& messages_sent_;
  Counter& bytes_received_;
  Counter& bytes_sent_;

  std::array<LazyHistogram, kLayers> rtt_;
  LazyHistogram tcp_rtt_;
  std::array<LazyHistogram, core::kPhaseCount> phases_;
  LazyHistogram recovery_;
  std::array<LazyHistogram, core::kReasonCount> lifetimes_;

  absl::Mutex mutex_;
  absl::flat_hash_map<uint32_t, Counter*> transitions_ ABSL_GUARDED_BY(mutex_);
  std::array<Counter*, core::kReasonCount> failures_ ABSL_GUARDED_BY(mutex_){};
  std::array<Counter*, core::kReasonCount> reconnects_ ABSL_GUARDED_BY(mutex_){};
  // Sessions whose health is known, and those that are HEALTHY, since `settled_`.
  int64_t observed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t healthy_ ABSL_GUARDED_BY(mutex_) = 0;
  TimePoint settled_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::observe
