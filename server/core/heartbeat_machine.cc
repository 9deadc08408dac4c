#include "core/heartbeat_machine.h"

#include <algorithm>
#include <limits>

namespace holter::core {
void HeartbeatMachine::OnOpened(TimePoint now, const Cadence& cadence) {
  ring_.Clear();
  next_due_ = now + cadence.first_delay;
  excused_until_ = TimePoint::min();
  seq_ = 0;
  misses_ = 0;
  excuses_ = 0;
  outstanding_ = 0;
  verdict_ = Verdict::kUnknown;
  retries_ = 0;
  answered_ = false;
  phase_drawn_ = !cadence.spread;
  off_ = false;
  waits_for_answer_ = false;
}

void HeartbeatMachine::OnLost() {
  ring_.Clear();
  next_due_ = kNever;
  outstanding_ = 0;
  retries_ = 0;
  answered_ = false;
  waits_for_answer_ = false;
  if (verdict_ != Verdict::kDead) verdict_ = Verdict::kUnknown;
}

void HeartbeatMachine::TurnOff() {
  const TimePoint due = next_due_;
  const bool answered = answered_;
  OnLost();
  next_due_ = due;
  answered_ = answered;
  misses_ = 0;
  excuses_ = 0;
  off_ = true;
}

void HeartbeatMachine::TurnOn(TimePoint now, const Cadence& cadence) {
  if (seq_ == 0) return OnOpened(now, cadence);
  off_ = false;
  next_due_ = std::clamp<TimePoint>(next_due_, now, now + cadence.interval);
}

void HeartbeatMachine::Reschedule(TimePoint now, const Cadence& before, const Cadence& cadence) {
  if (next_due_ == kNever || seq_ == 0) return;
  next_due_ = std::max(now, next_due_ - before.interval + cadence.interval);
}

void HeartbeatMachine::PutOff(TimePoint now, const Cadence& cadence) {
  if (next_due_ != kNever && seq_ > 0) next_due_ = now + cadence.interval;
}

void HeartbeatMachine::CountFromAnswer(TimePoint now, const Cadence& cadence) {
  if (!waits_for_answer_) return;
  waits_for_answer_ = false;
  next_due_ = now + cadence.interval;
}

void HeartbeatMachine::OnSent(const Tick& tick, const Cadence& cadence, uint64_t key, Random& random) {
  const bool turn = Due(tick.now);
  TimePoint due = turn ? next_due_ : tick.now;
  // The time that we ourselves were late is not taken from the peer.
  if (due < tick.stalled_until || (tick.now - due) * 2 > cadence.timeout) due = tick.now;
  if (judged_) Push(tick, due + cadence.timeout, key);
  ++seq_;
  ++counters_.sent;
  if (turn) ScheduleNext(tick.now, cadence, random);
}

void HeartbeatMachine::Extend(TimePoint deadline) {
  for (size_t i = 0; i < ring_.size(); ++i) {
    if (ring_[i].fate() == BeatFate::kOutstanding) ring_[i].deadline = deadline;
  }
}

void HeartbeatMachine::OnSentAgain(const Tick& tick, Duration timeout, uint64_t key) {
  Extend(tick.now + timeout);
  Push(tick, tick.now + timeout, key);
  ++seq_;
  ++counters_.sent;
}

void HeartbeatMachine::Push(const Tick& tick, TimePoint deadline, uint64_t key) {
  SentBeat beat{.deadline = deadline, .sent = tick.now, .key = key & ((uint64_t{1} << 56) - 1)};
  beat.set_fate(BeatFate::kOutstanding);
  if (outstanding_ == 0 && misses_ == 0) ring_.Shrink();
  ring_.Push(beat, misses_ > 0 || excuses_ > 0);
  ++outstanding_;
}

void HeartbeatMachine::ScheduleNext(TimePoint now, const Cadence& cadence, Random& random) {
  if (cadence.mode == CadenceMode::kAfterAnswer && judged_) {
    next_due_ = kNever;
    waits_for_answer_ = true;
    return;
  }
  if (phase_drawn_) {
    Schedule(now, cadence.interval);
    return;
  }
  phase_drawn_ = true;
  const double part = 1.0 - Uniform01(random);  // in (0, 1]
  next_due_ +=
      std::max(Duration(1), Duration(static_cast<Duration::rep>(static_cast<double>(cadence.interval.count()) * part)));
  if (cadence.interval >= kLeastAligned) next_due_ -= next_due_.time_since_epoch() % kTurn;
  if (next_due_ <= now) Schedule(now, cadence.interval);
}

void HeartbeatMachine::Schedule(TimePoint now, Duration step) {
  next_due_ += step;
  if (next_due_ <= now) next_due_ += ((now - next_due_) / step + 1) * step;
}

std::optional<HeartbeatMachine::Judgement> HeartbeatMachine::JudgeNext(const Tick& tick, const Cadence& cadence) {
  const size_t oldest = OldestOutstanding();
  if (oldest == kNone || ring_[oldest].deadline > tick.now) return std::nullopt;
  SentBeat& beat = ring_[oldest];
  Judgement judgement;
  judgement.starved = beat.sent < tick.stalled_until;
  if (!judgement.starved && retries_ < cadence.retries.size() && ring_.HasRoom()) {
    judgement.retry = cadence.retries[retries_++];
    return judgement;
  }
  --outstanding_;
  if (judgement.starved && tick.stalled_until > excused_until_ && excuses_ < kMostExcuses) {
    excused_until_ = tick.stalled_until;
    ++excuses_;
  }
  judgement.excused = judgement.starved && tick.stalled_until == excused_until_;
  beat.set_fate(judgement.excused ? BeatFate::kExcused : BeatFate::kMissed);
  if (!judgement.excused) SettleRetries(BeatFate::kMissed);
  // What is sent next is no copy of what is excused, and has a ladder of its own.
  if (outstanding_ == 0) retries_ = 0;
  // No answer is to come any more that the next turn could be counted from.
  if (outstanding_ == 0) CountFromAnswer(tick.now, cadence);
  if (judgement.excused) return judgement;
  ++counters_.missed;
  if (misses_ < std::numeric_limits<uint8_t>::max()) ++misses_;
  verdict_ = misses_ > cadence.misses_allowed ? Verdict::kDead : Verdict::kLate;
  return judgement;
}

bool HeartbeatMachine::WantsFreshBeat(const Tick& tick) const {
  // Beats are in the order of sending, so the newest decides.
  if (outstanding_ == 0) return true;
  return ring_[ring_.size() - 1].sent < tick.stalled_until;
}

size_t HeartbeatMachine::OldestOutstanding() const {
  if (outstanding_ == 0) return kNone;
  for (size_t i = 0; i < ring_.size(); ++i) {
    if (ring_[i].fate() == BeatFate::kOutstanding) return i;
  }
  return kNone;
}

TimePoint HeartbeatMachine::OldestDeadline() const {
  const size_t oldest = OldestOutstanding();
  return oldest == kNone ? kNever : ring_[oldest].deadline;
}

TimePoint HeartbeatMachine::NextDeadline() const { return off_ ? kNever : std::min(next_due_, OldestDeadline()); }

std::optional<Duration> HeartbeatMachine::last_rtt() const {
  if (last_rtt_ == Duration::min()) return std::nullopt;
  return last_rtt_;
}

std::optional<TimePoint> HeartbeatMachine::last_ack() const {
  if (last_ack_ == TimePoint::min()) return std::nullopt;
  return last_ack_;
}

}  // namespace holter::core
