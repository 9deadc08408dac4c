// The rules of one heartbeat, of the protocol or of the application: when it is due, which answers belong to it, when
// it is missed.
//
// A beat is due at first_delay after open, then once after a random part of the interval (so that sessions which opened
// together do not beat together), then at every interval exactly; turns that we slept through are left out, not caught
// up. Other cadences count the interval from what was sent or heard, or from the answer. It is missed at due + timeout,
// or, with retries, when what was sent again has stayed unanswered too. Several may be outstanding. If we were stalled
// (Tick::stalled_until) after it was sent, it is excused and a fresh one is wanted; but only kMostExcuses times in a
// row without an answer, or a machine that stutters would keep dead peers alive.
//
// Part of a SessionMachine; the declaration stays in the shared spec and is handed to each call.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "core/beat_ring.h"
#include "core/session_action.h"
#include "core/session_event.h"
#include "core/session_spec.h"
#include "core/session_status.h"

namespace holter::core {

class HeartbeatMachine {
 public:
  static constexpr int kMostExcuses = 3;
  // What waking a thread costs is shared by all that is due at the same moment: the turns of intervals of at least
  // kLeastAligned are at whole multiples of kTurn, and none is late for it.
  static constexpr Duration kTurn = std::chrono::milliseconds(5);
  static constexpr Duration kLeastAligned = 200 * kTurn;

  // What an answer turned out to be.
  struct Answer {
    BeatReport::Kind kind = BeatReport::Kind::kUnsolicited;
    std::optional<Duration> rtt;
    int others = 0;  // beats that were acked besides, without a sample
  };

  // What became of a beat whose deadline has passed.
  struct Judgement {
    bool excused = false;  // else missed
    bool starved = false;  // we were stalled while it was outstanding
    // Neither: it is to be sent again, with so long to the answer.
    std::optional<Duration> retry = std::nullopt;
  };

  // Unjudged beats expect no answer and have neither deadline nor verdict.
  explicit HeartbeatMachine(bool judged = true) : judged_(judged) {}

  // A connection is open: everything but the counters begins anew.
  void OnOpened(TimePoint now, const Cadence& cadence);
  // The connection is gone. A verdict of death stays to be seen until the next one is open.
  void OnLost();
  // There is no interval: nothing is sent and nothing is judged until TurnOn or OnOpened.
  void TurnOff();
  // There is one again. The turn that was due stays, unless it is further away than an interval: who turns it off and
  // on does not make us send.
  void TurnOn(TimePoint now, const Cadence& cadence);
  bool off() const { return off_; }
  // Other durations hold from now on.
  void Reschedule(TimePoint now, const Cadence& before, const Cadence& cadence);
  // Something was sent or heard that the cadence counts its interval from. The first beat does not wait for silence.
  void PutOff(TimePoint now, const Cadence& cadence);
  // Begins to count where another machine of the same name had arrived.
  void AdoptCounters(const BeatCounters& counters) { counters_ = counters; }

  // Sending.
  bool Due(TimePoint now) const { return !off_ && next_due_ <= now; }
  uint64_t next_seq() const { return uint64_t{seq_} + 1; }
  // False while too many are outstanding; then the turn is skipped.
  bool HasRoom(const Cadence& cadence) const {
    return !judged_ || (outstanding_ < cadence.max_outstanding && ring_.HasRoom());
  }
  void SkipTurn(TimePoint now, const Cadence& cadence) { Schedule(now, cadence.interval); }
  // A beat goes out now: the one that is due or, if none is, an extra one. `key` is the hash of what the answer will
  // echo, or the number itself where answers are compared by "at least".
  void OnSent(const Tick& tick, const Cadence& cadence, uint64_t key, Random& random);
  // What stayed unanswered goes out again.
  void OnSentAgain(const Tick& tick, Duration timeout, uint64_t key);
  // It may not go out again, but what is outstanding has as long to be answered.
  void OnNotSentAgain(const Tick& tick, Duration timeout) { Extend(tick.now + timeout); }

  // An answer has come that the cadence may count its interval from.
  void CountFromAnswer(TimePoint now, const Cadence& cadence);

  // Judging: call until it says nothing more.
  std::optional<Judgement> JudgeNext(const Tick& tick, const Cadence& cadence);
  // After an excuse: true if no beat is outstanding that was sent after the stall.
  bool WantsFreshBeat(const Tick& tick) const;

  // Answers. Echoes are given as the hash of what came.
  // Ping and pong: a match answers older beats too.
  Answer OnExactEcho(const Tick& tick, uint64_t key);
  // As above, but with no match it answers all that are outstanding.
  Answer OnAnyPong(const Tick& tick, uint64_t key);
  // All that are outstanding, without a sample. How many were.
  int OnProofOfLife(const Tick& tick);
  // A match answers that beat alone.
  Answer OnCorrelated(const Tick& tick, uint64_t key);
  // All that are outstanding up to this number.
  Answer OnAtLeast(const Tick& tick, uint64_t number);
  // The oldest that is outstanding.
  Answer OnUncorrelated(const Tick& tick);
  // What OnCorrelated and OnUncorrelated would answer, to find the beat that a message belongs to.
  BeatReport::Kind PeekCorrelated(uint64_t key) const { return KindOf(Find(key)); }
  BeatReport::Kind PeekAtLeast(uint64_t number) const { return KindOf(FindUpTo(number)); }
  BeatReport::Kind PeekUncorrelated() const { return KindOf(FindOldest()); }
  bool outstanding() const { return outstanding_ > 0; }

  // The earlier of the next turn and the oldest deadline.
  TimePoint NextDeadline() const;
  TimePoint OldestDeadline() const;

  // Takes part in the health of the session.
  bool judged() const { return judged_ && !off_; }
  // Has been answered on this connection.
  bool answered() const { return answered_; }
  Verdict verdict() const { return judged_ ? verdict_ : Verdict::kKeepaliveOnly; }
  int misses() const { return misses_; }
  const BeatCounters& counters() const { return counters_; }
  std::optional<Duration> last_rtt() const;
  std::optional<TimePoint> last_ack() const;

 private:
  static constexpr size_t kNone = BeatRing::kCapacity;

  // A beat that an answer belongs to, or none.
  struct Found {
    size_t index = kNone;
    bool ambiguous = false;  // other unanswered beats fit as well
  };

  // By what it is worth: outstanding, then missed or excused, then proven, then acked.
  Found Find(uint64_t key) const;
  Found FindOldest() const;
  // The newest outstanding one whose key is not above the number.
  Found FindUpTo(uint64_t number) const;
  BeatReport::Kind KindOf(const Found& found) const;
  // Settles what was found; counts.
  Answer Settle(const Tick& tick, const Found& found);
  // Settles what was found, and with it, when that acks it, all older ones.
  Answer SettleUpTo(const Tick& tick, const Found& found);
  void Ack(const Tick& tick, SentBeat& beat, BeatFate fate);
  std::optional<Duration> Sample(const Tick& tick, const SentBeat& beat) const;
  void Push(const Tick& tick, TimePoint deadline, uint64_t key);
  // What is outstanding has until then.
  void Extend(TimePoint deadline);
  void ScheduleNext(TimePoint now, const Cadence& cadence, Random& random);
  void Schedule(TimePoint now, Duration step);
  // Other copies of a beat that was answered or missed need no answer any more.
  void SettleRetries(BeatFate fate);
  size_t OldestOutstanding() const;

  BeatRing ring_;
  TimePoint next_due_ = kNever;
  TimePoint last_ack_ = TimePoint::min();       // min: never
  Duration last_rtt_ = Duration::min();         // min: never
  TimePoint excused_until_ = TimePoint::min();  // end of the stall that was excused last
  BeatCounters counters_;
  uint32_t seq_ = 0;  // of the beat sent last
  uint8_t misses_ = 0;
  uint8_t excuses_ = 0;  // stalls excused since the last answer
  uint8_t outstanding_ = 0;
  uint8_t retries_ = 0;  // copies sent of the beat that is outstanding
  Verdict verdict_ = Verdict::kUnknown;
  bool judged_ = true;
  bool answered_ = false;
  bool phase_drawn_ = false;
  bool off_ = false;
  bool waits_for_answer_ = false;  // the next turn is counted from it
};

}  // namespace holter::core
