// Holter itself was starved: nobody is blamed for it, and nobody is spared for ever.
#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::EchoBeat;
using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;
using Kind = BeatReport::Kind;
using KindList = std::vector<Kind>;

class SessionStall : public MachineFixture {
 protected:
  // Opens, gets one answer, and runs until the second ping has just gone out.
  void OpenToSecondPing(const SharedSpec& spec) {
    MakeOpen(spec);
    Pong("1");
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    ASSERT_EQ(Only<PingAction>().payload, "2");
  }
};

TEST_F(SessionStall, StoppedForTenSecondsNobodyDies) {
  OpenToSecondPing(PlainSpec());
  Stall(seconds(10));
  EXPECT_TRUE(machine_->VerdictDue(tick_.now));
  Timer();
  ASSERT_GE(actions_.size(), 3u);
  EXPECT_EQ(Kinds(), (KindList{Kind::kExcused, Kind::kSent}));
  EXPECT_EQ(Only<PingAction>().payload, "3");
  EXPECT_EQ(Count<Transition>(), 0);
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Beat().counters.missed, 0u);
  const TimePoint fresh = tick_.now;
  RunFor(seconds(4) - Duration(1));
  EXPECT_EQ(machine_->health(), Health::kHealthy) << "the fresh beat has its full time";
  RunFor(Duration(1));
  EXPECT_EQ(machine_->health(), Health::kDown);
  EXPECT_EQ(Status().health_since, fresh + seconds(4));
  EXPECT_EQ(Status().path, Path::kPeer) << "we were awake all the time of the fresh beat";
}

TEST_F(SessionStall, AnAnswerReadAfterTheStallIsLifeButNoSample) {
  OpenToSecondPing(PlainSpec());
  Stall(seconds(10));
  Pong("2");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
  EXPECT_FALSE(Only<BeatReport>().rtt.has_value());
  Timer();
  EXPECT_EQ(Count<Transition>(), 0);
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Beat().last_rtt, Duration::zero()) << "that of the first ping";
}

TEST_F(SessionStall, AnAnswerToAnExcusedBeatIsLate) {
  OpenToSecondPing(PlainSpec());
  Stall(seconds(10));
  Timer();
  Pong("2");
  EXPECT_EQ(Kinds(), KindList{Kind::kLate});
  EXPECT_FALSE(Only<BeatReport>().rtt.has_value());
  Pong("3");
  EXPECT_EQ(Kinds(), KindList{Kind::kAcked});
}

TEST_F(SessionStall, MissedTurnsAreLeftOut) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence = {.interval = seconds(1), .timeout = seconds(1)};
  OpenToSecondPing(spec);
  Pong("2");
  const TimePoint due = machine_->NextDeadline();
  Stall(seconds(100) + milliseconds(300));
  Timer();
  EXPECT_EQ(Count<PingAction>(), 1) << "no burst";
  Pong("3");
  const Duration since = machine_->NextDeadline() - due;
  EXPECT_EQ(since % seconds(1), Duration::zero()) << "in phase as before";
  EXPECT_GT(machine_->NextDeadline(), tick_.now);
  EXPECT_LE(machine_->NextDeadline(), tick_.now + seconds(1));
}

TEST_F(SessionStall, ABeatThatWasDueInTheStallHasItsFullTime) {
  OpenToSecondPing(PlainSpec());
  Pong("2");
  const TimePoint due = machine_->NextDeadline();
  Stall(due - tick_.now + seconds(3));
  Timer();
  ASSERT_EQ(Count<PingAction>(), 1);
  EXPECT_EQ(machine_->NextDeadline(), std::min(tick_.now + seconds(4), due + seconds(10)));
}

TEST_F(SessionStall, AllThatWereOutstandingAreExcusedWithOneFreshBeat) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence = {.interval = seconds(1), .timeout = seconds(5)};
  OpenToSecondPing(spec);
  RunFor(seconds(3));
  ASSERT_EQ(Beat().counters.sent, 5u);
  Stall(seconds(60));
  Timer();
  EXPECT_EQ(Kinds(), (KindList{Kind::kExcused, Kind::kExcused, Kind::kExcused, Kind::kExcused, Kind::kSent}));
  EXPECT_EQ(machine_->state(), State::kOpen);
  const TimePoint fresh = tick_.now;
  RunFor(seconds(5));
  EXPECT_EQ(machine_->health(), Health::kDown);
  EXPECT_EQ(Status().health_since, fresh + seconds(5));
}

TEST_F(SessionStall, ABeatSentAfterTheStallJudgesWithoutAnExtraOne) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence = {.interval = seconds(2), .timeout = seconds(5)};
  OpenToSecondPing(spec);
  const TimePoint second = tick_.now;
  Stall(seconds(1));
  Timer();
  RunFor(second + seconds(5) - tick_.now);
  EXPECT_EQ(Beat().counters.sent, 4u) << "those of the schedule at 2 s and 4 s, no other";
  EXPECT_EQ(machine_->state(), State::kOpen);
  RunFor(seconds(2));
  EXPECT_EQ(machine_->state(), State::kBackoff) << "the beat at 2 s was sent and missed while we were awake";
  EXPECT_EQ(Status().health_since, second + seconds(7));
}

TEST_F(SessionStall, StutteringDoesNotKeepADeadPeerAliveForEver) {
  OpenToSecondPing(PlainSpec());
  const TimePoint silent = tick_.now;
  int excused = 0;
  while (machine_->state() == State::kOpen) {
    ASSERT_LT(tick_.now - silent, seconds(60));
    // 100 ms of sleep just before every deadline.
    Advance(std::max(Duration::zero(), machine_->NextDeadline() - tick_.now - milliseconds(100)));
    Stall(milliseconds(100));
    Timer();
    for (Kind kind : Kinds()) excused += kind == Kind::kExcused ? 1 : 0;
  }
  EXPECT_EQ(excused, HeartbeatMachine::kMostExcuses);
  EXPECT_EQ(Status().reason, Reason::kProtocolHeartbeat);
  EXPECT_EQ(Status().path, Path::kLocal);
}

TEST_F(SessionStall, AnAnswerBetweenStallsStartsTheExcusesAfresh) {
  OpenToSecondPing(PlainSpec());
  std::string last = "2";
  for (int round = 0; round < 20; ++round) {
    Stall(seconds(10));
    Timer();
    ASSERT_EQ(machine_->state(), State::kOpen);
    for (const PingAction& ping : All<PingAction>()) last = ping.payload;
    Pong(last);
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    for (const PingAction& ping : All<PingAction>()) last = ping.payload;
  }
  EXPECT_EQ(Beat().counters.missed, 0u);
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionStall, AppBeatsAreExcusedToo) {
  SharedSpec spec = PlainSpec();
  spec.protocol.active = false;
  spec.beats.push_back(EchoBeat("app"));
  MakeOpen(spec);
  Stall(seconds(30));
  Timer();
  EXPECT_EQ(Kinds(), (KindList{Kind::kExcused, Kind::kSent}));
  EXPECT_EQ(machine_->state(), State::kOpen);
  Message("a2");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionStall, AStallLongAgoExcusesNothing) {
  OpenToSecondPing(PlainSpec());
  Pong("2");
  Stall(seconds(1));
  RunFor(seconds(30));
  EXPECT_EQ(machine_->health(), Health::kDown);
  EXPECT_EQ(Beat().counters.missed, 1u);
}

TEST_F(SessionStall, BackoffOnlyEndsLater) {
  Make(PlainSpec());
  Start();
  FailDial(Reason::kDns);
  Stall(seconds(100));
  Timer();
  EXPECT_EQ(Count<DialAction>(), 1);
}

TEST_F(SessionStall, AJumpOfTheCalendarHasNoEffect) {
  OpenToSecondPing(PlainSpec());
  tick_.wall -= std::chrono::hours(24 * 365);
  Timer();
  EXPECT_TRUE(actions_.empty());
  RunFor(seconds(4));
  EXPECT_EQ(machine_->state(), State::kBackoff);
}

}  // namespace
}  // namespace holter::core
