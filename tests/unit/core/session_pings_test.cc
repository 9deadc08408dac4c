// The protocol heartbeat: when pings go out, which pongs belong to them, when they are missed.
#include <algorithm>
#include <set>

#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;
using holter::testing::Text;
using Kind = BeatReport::Kind;
using KindList = std::vector<Kind>;

class SessionPings : public MachineFixture {
 protected:
  // Opens, answers the first ping and runs to the second, which fixes the phase.
  void OpenToSecondPing(const SharedSpec& spec) {
    MakeOpen(spec);
    Pong("1");
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    ASSERT_EQ(Only<PingAction>().payload, "2");
  }

  static SharedSpec Pipelined() {
    SharedSpec spec = PlainSpec();
    spec.protocol.cadence = {.interval = seconds(1), .timeout = seconds(10)};
    return spec;
  }
  // Opens and sends until `count` pings are outstanding.
  void Outstanding(const SharedSpec& spec, int count) {
    MakeOpen(spec);
    while (Beat().counters.sent < static_cast<uint32_t>(count)) {
      Advance(machine_->NextDeadline() - tick_.now);
      Timer();
    }
  }
};

TEST_F(SessionPings, TheFirstGoesOutAtOpen) {
  MakeOpen(PlainSpec());
  EXPECT_EQ(Only<PingAction>().payload, "1");
  EXPECT_EQ(Only<BeatReport>().kind, Kind::kSent);
  EXPECT_FALSE(Only<BeatReport>().app);
  EXPECT_LT(IndexOf<AttemptReport>(), IndexOf<Transition>());
  EXPECT_LT(IndexOf<Transition>(), IndexOf<PingAction>());
}

TEST_F(SessionPings, AFirstDelayIsKept) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence.first_delay = seconds(3);
  MakeOpen(spec);
  EXPECT_EQ(Count<PingAction>(), 0);
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + seconds(3));
  RunFor(seconds(3));
  EXPECT_EQ(Count<PingAction>(), 1);
}

TEST_F(SessionPings, TheSecondIsSpreadOverTheInterval) {
  std::set<int> tenths;
  for (int session = 0; session < 300; ++session) {
    MakeOpen(PlainSpec());
    Pong("1");
    const Duration phase = machine_->NextDeadline() - tick_.now;
    ASSERT_GT(phase, Duration::zero());
    ASSERT_LE(phase, seconds(10));
    tenths.insert(static_cast<int>(phase / seconds(1)));
  }
  EXPECT_GE(tenths.size(), 10u) << "every tenth of the interval is used";
}

TEST_F(SessionPings, TurnsOfLongIntervalsAreSharedAndThoseOfShortOnesAreNot) {
  const auto is_aligned = [this] {
    return machine_->NextDeadline().time_since_epoch() % HeartbeatMachine::kTurn == Duration::zero();
  };
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence.interval = HeartbeatMachine::kLeastAligned;
  int aligned = 0;
  for (int session = 0; session < 100; ++session) {
    Advance(std::chrono::microseconds(777));
    MakeOpen(spec);
    Pong("1");
    ASSERT_TRUE(is_aligned());
    ASSERT_GT(machine_->NextDeadline(), tick_.now);
  }
  spec.protocol.cadence.interval -= milliseconds(1);
  for (int session = 0; session < 100; ++session) {
    MakeOpen(spec);
    Pong("1");
    aligned += is_aligned() ? 1 : 0;
  }
  EXPECT_LT(aligned, 50);
}

TEST_F(SessionPings, LaterOnesComeAtTheIntervalWithoutDrift) {
  OpenToSecondPing(PlainSpec());
  const TimePoint second = tick_.now;
  for (int i = 3; i < 103; ++i) {
    Advance(milliseconds(2));
    Pong(std::to_string(i - 1));
    // The timer fires a little late every time; the schedule does not move.
    Advance(machine_->NextDeadline() - tick_.now + milliseconds(3));
    Timer();
    ASSERT_EQ(Only<PingAction>().payload, std::to_string(i));
    ASSERT_EQ(tick_.now, second + seconds(10) * (i - 2) + milliseconds(3));
  }
}

TEST_F(SessionPings, PayloadFollowsTheTemplate) {
  SharedSpec spec = PlainSpec();
  spec.protocol.payload = Text("h-${seq}-${unix_ms}");
  MakeOpen(spec);
  EXPECT_EQ(Only<PingAction>().payload, "h-1-1700000000000");
}

TEST_F(SessionPings, AnExactEchoIsASample) {
  MakeOpen(PlainSpec());
  Advance(milliseconds(42));
  Pong("1");
  EXPECT_EQ(Only<BeatReport>().kind, Kind::kAcked);
  EXPECT_EQ(Only<BeatReport>().rtt, milliseconds(42));
  EXPECT_LT(IndexOf<BeatReport>(), IndexOf<Transition>());
  const BeatStatus beat = Beat();
  EXPECT_EQ(beat.name, "protocol");
  EXPECT_EQ(beat.verdict, Verdict::kAlive);
  EXPECT_EQ(beat.last_rtt, milliseconds(42));
  EXPECT_EQ(beat.last_ack, tick_.now);
  EXPECT_EQ(Status().last_alive, tick_.now);
  EXPECT_EQ(beat.counters, (BeatCounters{.sent = 1, .acked = 1}));
}

TEST_F(SessionPings, SilenceKillsAtDuePlusTimeout) {
  MakeOpen(PlainSpec());
  EXPECT_EQ(machine_->NextDeadline(), std::min(tick_.now + seconds(4), machine_->NextDeadline()));
  Advance(seconds(4) - Duration(1));
  EXPECT_FALSE(machine_->VerdictDue(tick_.now));
  Timer();
  EXPECT_EQ(Count<Transition>(), 0);
  Advance(Duration(1));
  EXPECT_TRUE(machine_->VerdictDue(tick_.now));
  Timer();
  EXPECT_EQ(Kinds(), KindList{Kind::kMissed});
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.state, State::kBackoff);
  EXPECT_EQ(transition.health, Health::kDown);
  EXPECT_EQ(transition.reason, Reason::kProtocolHeartbeat);
  EXPECT_EQ(transition.path, Path::kPeer);
  EXPECT_EQ(transition.lifetime, seconds(4));
  EXPECT_EQ(transition.detail, "no pong within 4s (1 missed in a row)");
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kFarewell);
  EXPECT_EQ(Only<DropAction>().code, 4000);
  EXPECT_LT(IndexOf<BeatReport>(), IndexOf<Transition>());
  EXPECT_EQ(Beat().verdict, Verdict::kDead);
  EXPECT_EQ(Beat().misses, 1);
}

TEST_F(SessionPings, ThePathIsWhatTheKernelKnew) {
  MakeOpen(PlainSpec());
  link_.unacked_bytes = true;
  RunFor(seconds(4));
  EXPECT_EQ(All<Transition>().back().path, Path::kNetwork);
  EXPECT_EQ(All<Transition>().back().reason, Reason::kProtocolHeartbeat);
}

TEST_F(SessionPings, ABlockedWriteIsNamed) {
  SharedSpec spec = PlainSpec();
  spec.close.on_dead_code = 4321;
  MakeOpen(spec);
  link_.write_blocked = true;
  RunFor(seconds(4));
  EXPECT_EQ(All<Transition>().back().reason, Reason::kWriteStalled);
  EXPECT_EQ(Only<DropAction>().code, 4321);
}

TEST_F(SessionPings, ALateTimerOfOursIsNotTakenFromThePeer) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence = {.interval = seconds(10), .timeout = milliseconds(10)};
  OpenToSecondPing(spec);
  Pong("2");
  Advance(machine_->NextDeadline() - tick_.now + milliseconds(8));
  Timer();
  ASSERT_EQ(Count<PingAction>(), 1);
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + milliseconds(10));
}

TEST_F(SessionPings, LateIsCountedFromDueNotFromTheTimer) {
  OpenToSecondPing(PlainSpec());
  Pong("2");
  const TimePoint due = machine_->NextDeadline();
  Advance(due - tick_.now + milliseconds(50));
  Timer();
  EXPECT_EQ(machine_->NextDeadline(), due + seconds(4));
}

TEST_F(SessionPings, AnAnswerThatIsReadBeforeTheVerdictCounts) {
  MakeOpen(PlainSpec());
  Advance(seconds(4) + milliseconds(1));
  Pong("1");
  Timer();
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Beat().counters.missed, 0u);
}

TEST_F(SessionPings, RepeatedIsADuplicate) {
  MakeOpen(PlainSpec());
  Pong("1");
  Pong("1");
  EXPECT_EQ(Kinds(), KindList{Kind::kDuplicate});
  EXPECT_FALSE(Only<BeatReport>().rtt.has_value());
  EXPECT_EQ(Beat().counters, (BeatCounters{.sent = 1, .acked = 1, .duplicate = 1}));
}

TEST_F(SessionPings, EmptyOrOtherIsForeignWhileOneIsOutstanding) {
  MakeOpen(PlainSpec());
  Pong("");
  EXPECT_EQ(Kinds(), KindList{Kind::kForeign});
  Pong("01");
  EXPECT_EQ(Kinds(), KindList{Kind::kForeign});
  EXPECT_EQ(Beat().counters, (BeatCounters{.sent = 1, .foreign = 2}));
  EXPECT_EQ(Beat().verdict, Verdict::kUnknown);
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  RunFor(seconds(4));
  EXPECT_EQ(machine_->health(), Health::kDown) << "a foreign pong proves nothing";
}

TEST_F(SessionPings, UnsolicitedWhenNothingIsOutstanding) {
  MakeOpen(PlainSpec());
  Pong("1");
  Pong("whatever");
  EXPECT_EQ(Kinds(), KindList{Kind::kUnsolicited});
  EXPECT_EQ(Beat().counters, (BeatCounters{.sent = 1, .acked = 1, .unsolicited = 1}));
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionPings, LateIsCountedAndResurrectsNothing) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence.misses_allowed = 3;
  OpenToSecondPing(spec);
  Advance(seconds(5));
  Timer();
  EXPECT_EQ(Kinds(), KindList{Kind::kMissed});
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  Advance(milliseconds(500));
  Pong("2");
  EXPECT_EQ(Kinds(), KindList{Kind::kLate});
  EXPECT_EQ(Only<BeatReport>().rtt, milliseconds(5500));
  EXPECT_EQ(Count<Transition>(), 0);
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  EXPECT_EQ(Beat().misses, 1);
  EXPECT_EQ(Beat().verdict, Verdict::kLate);
  EXPECT_FALSE(Beat().last_rtt == milliseconds(5500)) << "last_rtt is of answers in time";
  Pong("2");
  EXPECT_EQ(Kinds(), KindList{Kind::kDuplicate});
}

TEST_F(SessionPings, AlwaysLateDiesInTheEnd) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence = {.interval = seconds(1), .timeout = seconds(1), .misses_allowed = 20};
  MakeOpen(spec);
  int late = 0;
  // Every pong takes 5 s.
  std::vector<std::pair<TimePoint, std::string>> wire;
  wire.emplace_back(tick_.now + seconds(5), "1");
  while (machine_->state() == State::kOpen) {
    const TimePoint next = machine_->NextDeadline();
    if (!wire.empty() && wire.front().first <= next) {
      if (wire.front().first > tick_.now) Advance(wire.front().first - tick_.now);
      Pong(wire.front().second);
      for (Kind kind : Kinds()) {
        EXPECT_EQ(kind, Kind::kLate);
        ++late;
      }
      wire.erase(wire.begin());
      continue;
    }
    if (next > tick_.now) Advance(next - tick_.now);
    Timer();
    for (const PingAction& ping : All<PingAction>()) wire.emplace_back(tick_.now + seconds(5), ping.payload);
  }
  EXPECT_EQ(Beat().counters.missed, 21u);
  EXPECT_GE(late, 15);
  EXPECT_EQ(Beat().counters.late, static_cast<uint32_t>(late));
  EXPECT_EQ(Beat().counters.foreign, 0u);
}

TEST_F(SessionPings, SeveralOutstandingANewerAnswerSettlesTheOlder) {
  Outstanding(Pipelined(), 3);
  Advance(milliseconds(10));
  Pong("3");
  ASSERT_EQ(Kinds(), (KindList{Kind::kAcked, Kind::kAcked, Kind::kAcked}));
  const auto reports = All<BeatReport>();
  EXPECT_FALSE(reports[0].rtt.has_value());
  EXPECT_FALSE(reports[1].rtt.has_value());
  EXPECT_EQ(reports[2].rtt, milliseconds(10));
  EXPECT_EQ(Beat().counters.acked, 3u);
  Pong("1");
  EXPECT_EQ(Kinds(), KindList{Kind::kDuplicate});
}

TEST_F(SessionPings, AnsweringTheOldestLeavesTheNewerToTheirDeadlines) {
  Outstanding(Pipelined(), 3);
  Pong("1");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  RunFor(seconds(11));
  EXPECT_EQ(machine_->health(), Health::kDown);
  EXPECT_EQ(Beat().counters.missed, 1u) << "the first miss ends it";
}

TEST_F(SessionPings, TimeoutShorterThanInterval) {
  OpenToSecondPing(PlainSpec());
  RunFor(seconds(4));
  EXPECT_EQ(machine_->state(), State::kBackoff) << "no wait for the next ping";
}

TEST_F(SessionPings, AConstantPayloadIsNoSampleWhileItIsAmbiguous) {
  SharedSpec spec = Pipelined();
  spec.protocol.payload = Text("beat");
  Outstanding(spec, 2);
  Pong("beat");
  ASSERT_EQ(Kinds(), (KindList{Kind::kAcked, Kind::kAcked}));
  for (const BeatReport& report : All<BeatReport>()) EXPECT_FALSE(report.rtt.has_value());
  Pong("beat");
  EXPECT_EQ(Kinds(), KindList{Kind::kDuplicate});
  Advance(machine_->NextDeadline() - tick_.now);
  Timer();
  Advance(milliseconds(7));
  Pong("beat");
  EXPECT_EQ(Only<BeatReport>().rtt, milliseconds(7));
}

TEST_F(SessionPings, ATruckloadOutstandingIsBounded) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence = {.interval = milliseconds(50), .timeout = std::chrono::hours(1), .misses_allowed = 100};
  MakeOpen(spec);
  RunFor(std::chrono::minutes(59));
  EXPECT_EQ(Beat().counters.sent, BeatRing::kCapacity);
  EXPECT_EQ(machine_->state(), State::kOpen);
  RunFor(std::chrono::minutes(2));
  EXPECT_EQ(machine_->health(), Health::kDown);
  EXPECT_EQ(Beat().counters.missed, 101u);
}

TEST_F(SessionPings, AnyPongTakesWhateverComesWhileOneIsOutstanding) {
  SharedSpec spec = PlainSpec();
  spec.protocol.answer = PongRule::kAnyPong;
  MakeOpen(spec);
  Advance(milliseconds(5));
  Pong("");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_EQ(Only<BeatReport>().rtt, milliseconds(5)) << "declared to be the answer";
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  Pong("");
  EXPECT_EQ(Kinds(), KindList{Kind::kUnsolicited});
}

TEST_F(SessionPings, AnyPongOfSeveralIsNoSample) {
  SharedSpec spec = Pipelined();
  spec.protocol.answer = PongRule::kAnyPong;
  Outstanding(spec, 3);
  Pong("x");
  EXPECT_EQ(Kinds(), (KindList{Kind::kAcked, Kind::kAcked, Kind::kAcked}));
  for (const BeatReport& report : All<BeatReport>()) EXPECT_FALSE(report.rtt.has_value());
}

TEST_F(SessionPings, AnyPongWithAnExactOneIsASample) {
  SharedSpec spec = Pipelined();
  spec.protocol.answer = PongRule::kAnyPong;
  Outstanding(spec, 2);
  Advance(milliseconds(9));
  Pong("2");
  EXPECT_EQ(All<BeatReport>().back().rtt, milliseconds(9));
}

TEST_F(SessionPings, AnyInboundCountsBytesInTheMiddleOfAMessage) {
  SharedSpec spec = PlainSpec();
  spec.protocol.answer = PongRule::kAnyInbound;
  MakeOpen(spec);
  Inbound(1);
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_FALSE(Only<BeatReport>().rtt.has_value());
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Status().last_alive, tick_.now);
  // 1 MiB dripping in: one byte a second for a minute and never a pong.
  for (int i = 0; i < 60; ++i) {
    RunFor(seconds(1));
    Inbound(1);
  }
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Beat().counters.missed, 0u);
  EXPECT_GE(Beat().counters.acked, 6u);
}

TEST_F(SessionPings, AnyInboundStillDiesOfSilence) {
  SharedSpec spec = PlainSpec();
  spec.protocol.answer = PongRule::kAnyInbound;
  MakeOpen(spec);
  RunFor(seconds(4));
  EXPECT_EQ(machine_->health(), Health::kDown);
}

TEST_F(SessionPings, AnyInboundTakesTheSampleFromTheExactPong) {
  SharedSpec spec = PlainSpec();
  spec.protocol.answer = PongRule::kAnyInbound;
  MakeOpen(spec);
  Advance(milliseconds(12));
  Inbound(3);
  Pong("1");
  EXPECT_EQ(Kinds(), KindList{Kind::kSample});
  EXPECT_EQ(Only<BeatReport>().rtt, milliseconds(12));
  EXPECT_EQ(Beat().last_rtt, milliseconds(12));
  EXPECT_EQ(Beat().counters, (BeatCounters{.sent = 1, .acked = 1}));
  Inbound(3);
  Pong("1");
  EXPECT_EQ(Kinds(), KindList{Kind::kDuplicate});
}

TEST_F(SessionPings, AnyInboundKnowsForeignPongs) {
  SharedSpec spec = PlainSpec();
  spec.protocol.answer = PongRule::kAnyInbound;
  MakeOpen(spec);
  Inbound(3);
  Pong("x");
  EXPECT_EQ(Kinds(), KindList{Kind::kForeign});
}

TEST_F(SessionPings, ExactEchoIgnoresOtherBytes) {
  MakeOpen(PlainSpec());
  Inbound(1000000);
  Message("hello");
  RunFor(seconds(4));
  EXPECT_EQ(machine_->health(), Health::kDown) << "inbound data does not prove that our bytes arrive";
}

TEST_F(SessionPings, OffSendsNoneAndJudgesNone) {
  SharedSpec spec = PlainSpec();
  spec.protocol.active = false;
  MakeOpen(spec);
  EXPECT_EQ(Count<PingAction>(), 0);
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  Pong("1");
  EXPECT_TRUE(actions_.empty());
  actions_.clear();
  machine_->OnPing(tick_, "x", actions_);
  EXPECT_TRUE(actions_.empty()) << "transport answers pings";
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_TRUE(Status().beats.empty());
}

TEST_F(SessionPings, ANewConnectionOwesNothingToTheOldOne) {
  SharedSpec spec = Pipelined();
  Outstanding(spec, 3);
  Close(0);
  EXPECT_EQ(Beat().verdict, Verdict::kUnknown);
  Advance(machine_->NextDeadline() - tick_.now);
  Timer();
  Open();
  EXPECT_EQ(Only<PingAction>().payload, "1") << "numbers begin anew";
  EXPECT_EQ(Beat().misses, 0);
  Pong("3");
  EXPECT_EQ(Kinds(), KindList{Kind::kForeign}) << "a pong for the old connection";
  EXPECT_EQ(Beat().counters.sent, 4u) << "counters do not";
  const TimePoint opened = tick_.now;
  RunFor(seconds(10));
  EXPECT_EQ(All<Transition>().back().at, opened + seconds(10)) << "the full timeout of its own ping";
}

}  // namespace
}  // namespace holter::core
