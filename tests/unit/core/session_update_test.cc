// A changed declaration.
#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::EchoBeat;
using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;
using holter::testing::Text;
using Kind = BeatReport::Kind;
using KindList = std::vector<Kind>;

class SessionUpdate : public MachineFixture {};

TEST_F(SessionUpdate, ReconnectDropsPolitelyAndDialsAtOnce) {
  MakeOpen(PlainSpec());
  Pong("1");
  Advance(seconds(5));
  Update(PlainSpec(), true);
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kPolite);
  EXPECT_LT(IndexOf<DropAction>(), IndexOf<DialAction>());
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.from_state, State::kOpen);
  EXPECT_EQ(transition.state, State::kConnecting);
  EXPECT_EQ(transition.from_health, Health::kHealthy);
  EXPECT_EQ(transition.health, Health::kUnknown);
  EXPECT_EQ(transition.reason, Reason::kOperator);
  EXPECT_EQ(transition.lifetime, seconds(5));
  Open();
  EXPECT_TRUE(Only<AttemptReport>().reconnect);
  EXPECT_EQ(Status().reason, Reason::kOperator) << "until life is proved";
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(Status().reason, Reason::kNone);
  EXPECT_FALSE(Only<Transition>().recovery.has_value());
}

TEST_F(SessionUpdate, ReconnectKeepsDown) {
  Make(PlainSpec());
  Start();
  FailDial(Reason::kDns);
  const TimePoint down = tick_.now;
  Advance(milliseconds(100));
  Update(PlainSpec(), true);
  EXPECT_EQ(Count<DropAction>(), 0);
  EXPECT_EQ(Count<DialAction>(), 1);
  EXPECT_EQ(Only<Transition>().state, State::kConnecting);
  EXPECT_EQ(Only<Transition>().health, Health::kDown);
  EXPECT_EQ(machine_->NextDeadline(), kNever) << "the old delay is forgotten";
  Open();
  Pong("1");
  EXPECT_EQ(Only<Transition>().recovery, tick_.now - down);
}

TEST_F(SessionUpdate, ReconnectWhileConnectingBeginsAnotherAttempt) {
  Make(PlainSpec());
  Start();
  Update(PlainSpec(), true);
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kAbort);
  EXPECT_EQ(Count<DialAction>(), 1);
  EXPECT_LT(IndexOf<DropAction>(), IndexOf<DialAction>());
  Open();
  EXPECT_EQ(machine_->state(), State::kOpen);
}

TEST_F(SessionUpdate, ReconnectForgetsTheFailuresOfTheOldTarget) {
  Make(PlainSpec());
  Start();
  for (int i = 0; i < 4; ++i) {
    FailDial(Reason::kDns);
    RunFor(machine_->NextDeadline() - tick_.now);
  }
  Update(PlainSpec(), true);
  EXPECT_EQ(Status().attempts, 1);
  FailDial(Reason::kDns);
  EXPECT_EQ(*Only<Transition>().next_attempt - tick_.now, seconds(1));
}

TEST_F(SessionUpdate, WakesAStoppedSession) {
  Make(PlainSpec());
  Start();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "gone", .http_status = 410});
  ASSERT_EQ(machine_->state(), State::kStopped);
  actions_.clear();
  machine_->Update(tick_, spec_, false, actions_);
  EXPECT_TRUE(actions_.empty()) << "nothing of the rules has changed";
  Update(PlainSpec(), false);
  EXPECT_EQ(Count<DialAction>(), 1);
  EXPECT_EQ(machine_->state(), State::kConnecting);
}

TEST_F(SessionUpdate, UnchangedHeartbeatsGoOn) {
  SharedSpec spec = PlainSpec();
  spec.beats.push_back(EchoBeat("app"));
  MakeOpen(spec);
  Pong("1");
  Message("a1");
  const TimePoint deadline = machine_->NextDeadline();
  spec.reconnect.first_delay = seconds(7);
  Update(spec, false);
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(machine_->health(), Health::kHealthy);
  EXPECT_EQ(machine_->NextDeadline(), deadline);
  EXPECT_EQ(Beat(0).counters.acked, 1u);
  EXPECT_EQ(Beat(1).counters.acked, 1u);
  Close(0);
  EXPECT_EQ(*Only<Transition>().next_attempt - tick_.now, seconds(7)) << "the new policy holds";
}

TEST_F(SessionUpdate, UnchangedHeartbeatsKeepWhatIsOutstanding) {
  SharedSpec spec = PlainSpec();
  MakeOpen(spec);
  spec.beats.push_back(EchoBeat("app"));
  Update(spec, false);
  EXPECT_EQ(Only<SendAction>().payload, "q1");
  EXPECT_EQ(Count<PingAction>(), 0);
  Advance(milliseconds(3));
  Pong("1");
  EXPECT_EQ(Only<BeatReport>().rtt, milliseconds(3));
}

TEST_F(SessionUpdate, AChangedHeartbeatBeginsAnewAndHealthIsUnknown) {
  SharedSpec spec = PlainSpec();
  MakeOpen(spec);
  Pong("1");
  spec.protocol.cadence.timeout = seconds(3);
  Advance(milliseconds(100));
  Update(spec, false);
  EXPECT_EQ(Only<PingAction>().payload, "1");
  EXPECT_EQ(Only<Transition>().state, State::kOpen);
  EXPECT_EQ(Only<Transition>().health, Health::kUnknown);
  EXPECT_EQ(Only<Transition>().reason, Reason::kOperator);
  EXPECT_EQ(Count<DropAction>(), 0);
  EXPECT_EQ(Beat().counters.sent, 2u) << "counters are since Holter started";
  Pong("1");
  EXPECT_EQ(Only<Transition>().health, Health::kHealthy);
}

TEST_F(SessionUpdate, AChangedHeartbeatCountsItsFirstDelayFromNow) {
  SharedSpec spec = PlainSpec();
  MakeOpen(spec);
  Pong("1");
  Advance(seconds(2));
  spec.protocol.cadence.first_delay = seconds(5);
  Update(spec, false);
  EXPECT_EQ(Count<PingAction>(), 0);
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + seconds(5));
}

TEST_F(SessionUpdate, BeatsAreKnownByName) {
  SharedSpec spec = PlainSpec();
  spec.protocol.active = false;
  spec.beats.push_back(EchoBeat("one"));
  spec.beats.push_back(EchoBeat("two"));
  spec.beats[1].send = Text("z${seq}");
  spec.beats[1].expect = *Matcher::Regex("^b(\\d+)$");
  spec.beats[1].correlate->place = *Extractor::Regex("^b(\\d+)$");
  MakeOpen(spec);
  Message("a1");
  Message("b1");
  std::swap(spec.beats[0], spec.beats[1]);
  Update(spec, false);
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(Beat(0).name, "two");
  EXPECT_EQ(Beat(0).verdict, Verdict::kAlive);
  Message("b1");
  EXPECT_EQ(Kinds(), KindList{Kind::kDuplicate});
  EXPECT_EQ(Only<BeatReport>().beat, 0);
}

TEST_F(SessionUpdate, RemovingTheSilentBeatMakesHealthy) {
  SharedSpec spec = PlainSpec();
  spec.beats.push_back(EchoBeat("app"));
  MakeOpen(spec);
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  spec.beats.clear();
  Update(spec, false);
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionUpdate, RemovingAllThatIsJudgedMakesUnknown) {
  SharedSpec spec = PlainSpec();
  MakeOpen(spec);
  Pong("1");
  spec.protocol.active = false;
  Update(spec, false);
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  EXPECT_TRUE(Status().beats.empty());
  spec.protocol.active = true;
  Update(spec, false);
  EXPECT_EQ(Count<PingAction>(), 1);
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionUpdate, InBackoffTheDelayStands) {
  SharedSpec spec = PlainSpec();
  Make(spec);
  Start();
  FailDial(Reason::kDns);
  const TimePoint next = machine_->NextDeadline();
  spec.beats.push_back(EchoBeat("app"));
  Update(spec, false);
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(machine_->NextDeadline(), next);
  RunFor(seconds(1));
  Open();
  EXPECT_EQ(Count<PingAction>(), 1);
  EXPECT_EQ(Count<SendAction>(), 1);
}

TEST_F(SessionUpdate, BeforeStart) {
  Make(PlainSpec());
  SharedSpec spec = PlainSpec();
  spec.beats.push_back(EchoBeat("app"));
  Update(spec, true);
  EXPECT_TRUE(actions_.empty());
  Start();
  Open();
  EXPECT_EQ(Count<SendAction>(), 1);
}

}  // namespace
}  // namespace holter::core
