#include "observe/group_metrics.h"

#include <algorithm>

namespace holter::observe {
namespace {

using core::Health;
using core::State;

constexpr std::array<const char*, 2> kLayerWords = {"protocol", "app"};

template <typename Enum>
size_t FromOne(Enum value) {
  return static_cast<size_t>(value) - 1;
}

Counter& Plain(Family<Counter>& family, const prometheus::Labels& labels) { return family.Add(labels); }

}  // namespace

void LazyHistogram::Observe(Family<Histogram>& family, const prometheus::Labels& group, const char* key,
                            std::string_view value, const Histogram::BucketBoundaries& bounds, double sample) {
  Histogram* histogram = histogram_.load(std::memory_order_acquire);
  if (histogram == nullptr) {
    prometheus::Labels labels = group;
    if (key != nullptr) {
      labels.emplace(key, std::string(value));
    }
    histogram = &family.Add(labels, bounds);
    histogram_.store(histogram, std::memory_order_release);
  }
  histogram->Observe(sample);
}

GroupMetrics::GroupMetrics(GroupFamilies& families, BeatTape& tape, const Clock& clock, const std::string& tenant,
                           const std::string& group)
    : families_(families),
      tape_(tape),
      clock_(clock),
      labels_({{"tenant", tenant}, {"group", group}}),
      attempts_(Plain(families.connect_attempts, labels_)),
      observed_seconds_(Plain(families.observed, labels_)),
      healthy_seconds_(Plain(families.healthy, labels_)),
      messages_received_(Plain(families.messages_received, labels_)),
      messages_sent_(Plain(families.messages_sent, labels_)),
      bytes_received_(Plain(families.bytes_received, labels_)),
      bytes_sent_(Plain(families.bytes_sent, labels_)),
      settled_(clock.Now()) {
  // In the order of BeatReport::Kind.
  const std::array<Family<Counter>*, kBeatKinds> kinds = {
      &families.beats_sent,    &families.beats_acked,     &families.beats_missed,      &families.beats_late,
      &families.beats_foreign, &families.beats_duplicate, &families.beats_unsolicited, &families.beats_excused};
  for (size_t layer = 0; layer < kLayers; ++layer) {
    for (size_t kind = 0; kind < kBeatKinds; ++kind) {
      beats_[layer][kind] = &kinds[kind]->Add(With("layer", kLayerWords[layer]));
    }
  }
  for (size_t state = 0; state < kStates; ++state) {
    for (size_t health = 0; health < kHealths; ++health) {
      prometheus::Labels labels = With("state", core::Word(static_cast<State>(state + 1)));
      labels.emplace("health", std::string(core::Word(static_cast<Health>(health + 1))));
      sessions_[state][health] = &families.sessions.Add(labels);
    }
  }
}

void GroupMetrics::OnTransition(core::SessionId /*id*/, const core::Transition& transition) {
  {
    absl::MutexLock lock(&mutex_);
    SettleLocked(transition.at);
    Leave(transition.from_state, transition.from_health);
    Enter(transition.state, transition.health);
    if (transition.state != transition.from_state) {
      CountEntry(core::Word(transition.state), static_cast<int>(transition.state), transition);
      if (transition.from_state == State::kOpen && transition.state != State::kStopped &&
          transition.state != State::kPaused) {
        ByReason(reconnects_, families_.reconnects, transition.reason).Increment();
      }
    }
    if (transition.health != transition.from_health) {
      CountEntry(core::Word(transition.health), kStates + static_cast<int>(transition.health), transition);
    }
  }
  if (transition.recovery) {
    recovery_.Observe(families_.recovery, labels_, nullptr, {}, RecoveryBuckets(), Seconds(*transition.recovery));
  }
  if (transition.lifetime) {
    lifetimes_[static_cast<size_t>(transition.reason)].Observe(families_.lifetime, labels_, "reason",
                                                               core::Word(transition.reason), LifetimeBuckets(),
                                                               Seconds(*transition.lifetime));
  }
}

void GroupMetrics::OnBeat(core::SessionId id, const core::BeatReport& report) {
  tape_.OnBeat(id, report, clock_);
  const size_t layer = report.app ? 1 : 0;
  // A sample is of a beat that was counted as acked before; only its round trip is new.
  if (report.kind != core::BeatReport::Kind::kSample) beats_[layer][static_cast<size_t>(report.kind)]->Increment();
  if (report.rtt) {
    rtt_[layer].Observe(families_.rtt, labels_, "layer", kLayerWords[layer], RttBuckets(), Seconds(*report.rtt));
  }
}

void GroupMetrics::OnAttempt(core::SessionId /*id*/, const core::AttemptReport& report) {
  attempts_.Increment();
  if (!report.opened) {
    absl::MutexLock lock(&mutex_);
    ByReason(failures_, families_.connect_failures, report.reason).Increment();
  }
}

void GroupMetrics::OnPhase(core::SessionId /*id*/, core::Phase phase, Duration took) {
  phases_[static_cast<size_t>(phase)].Observe(families_.connect_phase, labels_, "phase", core::Word(phase),
                                              PhaseBuckets(), Seconds(took));
}

void GroupMetrics::OnTcpRtt(core::SessionId /*id*/, const core::TcpRtt& rtt) {
  tcp_rtt_.Observe(families_.rtt, labels_, "layer", "tcp", RttBuckets(), Seconds(rtt.min));
}

void GroupMetrics::OnTraffic(core::SessionId /*id*/, const core::Traffic& delta) {
  messages_received_.Increment(static_cast<double>(delta.messages_in));
  messages_sent_.Increment(static_cast<double>(delta.messages_out));
  bytes_received_.Increment(static_cast<double>(delta.bytes_in));
  bytes_sent_.Increment(static_cast<double>(delta.bytes_out));
}

void GroupMetrics::OnBegin(core::SessionId /*id*/, State state, Health health) {
  absl::MutexLock lock(&mutex_);
  SettleLocked(clock_.Now());
  Enter(state, health);
}

void GroupMetrics::OnEnd(core::SessionId /*id*/, State state, Health health) {
  absl::MutexLock lock(&mutex_);
  SettleLocked(clock_.Now());
  Leave(state, health);
}

void GroupMetrics::Settle(TimePoint now) {
  absl::MutexLock lock(&mutex_);
  SettleLocked(now);
}

// Loops take their time once a turn, so `now` may lie a little before a scrape's; time is never counted twice.
void GroupMetrics::SettleLocked(TimePoint now) {
  if (now <= settled_) {
    return;
  }
  const double passed = Seconds(now - settled_);
  settled_ = now;
  observed_seconds_.Increment(passed * static_cast<double>(observed_));
  healthy_seconds_.Increment(passed * static_cast<double>(healthy_));
}

void GroupMetrics::Leave(State state, Health health) {
  SessionsIn(state, health).Decrement();
  observed_ -= health != Health::kUnknown;
  healthy_ -= health == Health::kHealthy;
}

void GroupMetrics::Enter(State state, Health health) {
  SessionsIn(state, health).Increment();
  observed_ += health != Health::kUnknown;
  healthy_ += health == Health::kHealthy;
}

Gauge& GroupMetrics::SessionsIn(State state, Health health) { return *sessions_[FromOne(state)][FromOne(health)]; }

void GroupMetrics::CountEntry(std::string_view to, int number, const core::Transition& transition) {
  const uint32_t key = static_cast<uint32_t>(number) << 16 | static_cast<uint32_t>(transition.reason) << 8 |
                       static_cast<uint32_t>(transition.path);
  Counter*& counter = transitions_[key];
  if (counter == nullptr) {
    prometheus::Labels labels = With("to", to);
    labels.emplace("reason", std::string(core::Word(transition.reason)));
    labels.emplace("path", std::string(core::Word(transition.path)));
    counter = &families_.transitions.Add(labels);
  }
  counter->Increment();
}

Counter& GroupMetrics::ByReason(std::array<Counter*, core::kReasonCount>& counters, Family<Counter>& family,
                                core::Reason reason) {
  Counter*& counter = counters[static_cast<size_t>(reason)];
  if (counter == nullptr) {
    counter = &family.Add(With("reason", core::Word(reason)));
  }
  return *counter;
}

prometheus::Labels GroupMetrics::With(const char* key, std::string_view value) const {
  prometheus::Labels labels = labels_;
  labels.emplace(key, std::string(value));
  return labels;
}

}  // namespace holter::observe
