// Which beat an answer belongs to, and what it makes of it.
#include <algorithm>
#include <limits>

#include "core/heartbeat_machine.h"

namespace holter::core {
namespace {

using Kind = BeatReport::Kind;

// Order of preference among beats that fit an answer; 0 is best.
int Rank(BeatFate fate) {
  switch (fate) {
    case BeatFate::kOutstanding:
      return 0;
    case BeatFate::kMissed:
    case BeatFate::kExcused:
      return 1;
    case BeatFate::kProven:
      return 2;
    case BeatFate::kAcked:
      return 3;
  }
  return 3;
}

}  // namespace

HeartbeatMachine::Answer HeartbeatMachine::OnExactEcho(const Tick& tick, uint64_t key) {
  return SettleUpTo(tick, Find(key));
}

HeartbeatMachine::Answer HeartbeatMachine::OnAnyPong(const Tick& tick, uint64_t key) {
  const Found found = Find(key);
  if (outstanding_ == 0 || KindOf(found) == Kind::kAcked) return OnExactEcho(tick, key);
  Answer answer{.kind = Kind::kAcked, .rtt = std::nullopt, .others = outstanding_ - 1};
  // An answer by declaration: of the only beat that it can be for, it is a sample; of a beat that is settled, it is
  // none.
  if (outstanding_ == 1 && found.index == kNone) answer.rtt = Sample(tick, ring_[OldestOutstanding()]);
  for (size_t i = 0; i < ring_.size(); ++i) {
    if (ring_[i].fate() == BeatFate::kOutstanding) Ack(tick, ring_[i], BeatFate::kAcked);
  }
  if (answer.rtt) last_rtt_ = *answer.rtt;
  return answer;
}

int HeartbeatMachine::OnProofOfLife(const Tick& tick) {
  const int proven = outstanding_;
  for (size_t i = 0; outstanding_ > 0 && i < ring_.size(); ++i) {
    if (ring_[i].fate() == BeatFate::kOutstanding) Ack(tick, ring_[i], BeatFate::kProven);
  }
  return proven;
}

HeartbeatMachine::Answer HeartbeatMachine::OnCorrelated(const Tick& tick, uint64_t key) {
  return Settle(tick, Find(key));
}

HeartbeatMachine::Answer HeartbeatMachine::OnUncorrelated(const Tick& tick) { return Settle(tick, FindOldest()); }

HeartbeatMachine::Answer HeartbeatMachine::OnAtLeast(const Tick& tick, uint64_t number) {
  return SettleUpTo(tick, FindUpTo(number));
}

HeartbeatMachine::Found HeartbeatMachine::FindUpTo(uint64_t number) const {
  Found found;
  for (size_t i = 0; i < ring_.size(); ++i) {
    if (ring_[i].fate() == BeatFate::kOutstanding && ring_[i].key <= number) found.index = i;
  }
  return found.index == kNone ? Find(number) : found;
}

HeartbeatMachine::Found HeartbeatMachine::Find(uint64_t key) const {
  key &= (uint64_t{1} << 56) - 1;
  Found found;
  int best = std::numeric_limits<int>::max();
  int unanswered = 0;
  for (size_t i = 0; i < ring_.size(); ++i) {
    const SentBeat& beat = ring_[i];
    if (beat.key != key) continue;
    const int rank = Rank(beat.fate());
    if (rank <= 1) ++unanswered;
    // Of equal ones the newest: it answers the older ones, and a peer may answer only the newest (RFC 6455
    // section 5.5.3).
    if (rank > best) continue;
    best = rank;
    found.index = i;
  }
  found.ambiguous = unanswered > 1;
  return found;
}

HeartbeatMachine::Found HeartbeatMachine::FindOldest() const {
  Found found;
  bool missed_before = false;
  for (size_t i = 0; i < ring_.size(); ++i) {
    const int rank = Rank(ring_[i].fate());
    if (rank == 0) return {.index = i, .ambiguous = missed_before};
    if (rank != 1) continue;
    if (!missed_before) found.index = i;
    missed_before = true;
  }
  found.ambiguous = true;
  return found;
}

BeatReport::Kind HeartbeatMachine::KindOf(const Found& found) const {
  if (found.index != kNone) {
    switch (ring_[found.index].fate()) {
      case BeatFate::kOutstanding:
        return Kind::kAcked;
      case BeatFate::kMissed:
      case BeatFate::kExcused:
        return Kind::kLate;
      case BeatFate::kProven:
        return Kind::kSample;
      case BeatFate::kAcked:
        return Kind::kDuplicate;
    }
  }
  // Beats that other bytes have acked still wait for their own answer, so a wrong one is foreign, not unsolicited.
  bool asked = outstanding_ > 0;
  for (size_t i = 0; !asked && i < ring_.size(); ++i) asked = ring_[i].fate() == BeatFate::kProven;
  return asked ? Kind::kForeign : Kind::kUnsolicited;
}

HeartbeatMachine::Answer HeartbeatMachine::Settle(const Tick& tick, const Found& found) {
  Answer answer{.kind = KindOf(found), .rtt = std::nullopt, .others = 0};
  if (found.index != kNone && !found.ambiguous && answer.kind != Kind::kDuplicate) {
    answer.rtt = Sample(tick, ring_[found.index]);
  }
  switch (answer.kind) {
    case Kind::kAcked:
      Ack(tick, ring_[found.index], BeatFate::kAcked);
      break;
    case Kind::kSample:
      ring_[found.index].set_fate(BeatFate::kAcked);
      break;
    case Kind::kLate:
      ring_[found.index].set_fate(BeatFate::kAcked);
      ++counters_.late;
      break;
    case Kind::kDuplicate:
      ++counters_.duplicate;
      break;
    case Kind::kForeign:
      ++counters_.foreign;
      break;
    default:
      ++counters_.unsolicited;
      break;
  }
  if (answer.rtt && answer.kind != Kind::kLate) last_rtt_ = *answer.rtt;
  return answer;
}

HeartbeatMachine::Answer HeartbeatMachine::SettleUpTo(const Tick& tick, const Found& found) {
  Answer answer = Settle(tick, found);
  if (answer.kind != Kind::kAcked) return answer;
  for (size_t i = 0; i < found.index; ++i) {
    if (ring_[i].fate() != BeatFate::kOutstanding) continue;
    Ack(tick, ring_[i], BeatFate::kAcked);
    ++answer.others;
  }
  return answer;
}

void HeartbeatMachine::Ack(const Tick& tick, SentBeat& beat, BeatFate fate) {
  beat.set_fate(fate);
  --outstanding_;
  ++counters_.acked;
  misses_ = 0;
  excuses_ = 0;
  answered_ = true;
  verdict_ = Verdict::kAlive;
  last_ack_ = tick.now;
  SettleRetries(BeatFate::kProven);
}

void HeartbeatMachine::SettleRetries(BeatFate fate) {
  if (retries_ == 0) return;
  retries_ = 0;
  for (size_t i = 0; outstanding_ > 0 && i < ring_.size(); ++i) {
    if (ring_[i].fate() != BeatFate::kOutstanding) continue;
    ring_[i].set_fate(fate);
    --outstanding_;
  }
}

std::optional<Duration> HeartbeatMachine::Sample(const Tick& tick, const SentBeat& beat) const {
  if (beat.sent < tick.stalled_until) return std::nullopt;
  return std::max(Duration::zero(), Duration(tick.now - beat.sent));
}

}  // namespace holter::core
