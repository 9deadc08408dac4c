// Pause, resume and a new connection that is asked for, in every state.
#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::MachineFixture;
using holter::testing::PlainSpec;
using holter::testing::seconds;

class SessionWishes : public MachineFixture {
 protected:
  void Pause() { actions_.clear(), machine_->Pause(tick_, actions_); }
  void Resume() { actions_.clear(), machine_->Resume(tick_, actions_); }
  void Reconnect(Duration after = Duration::zero()) {
    actions_.clear();
    machine_->Reconnect(tick_, after, actions_);
  }

  void MakeConnecting() {
    Make(PlainSpec());
    Start();
  }
  void MakeBackoff() {
    MakeConnecting();
    FailDial(Reason::kDns);
  }
  void MakeStopped() {
    MakeConnecting();
    FailDial({.reason = Reason::kUpgradeStatus, .detail = "gone", .http_status = 410});
    ASSERT_EQ(machine_->state(), State::kStopped);
  }
  void MakePaused() {
    machine_ =
        std::make_unique<SessionMachine>(std::make_shared<const SharedSpec>(PlainSpec()), tick_.now, &random_, true);
    Start();
  }

  void ExpectPaused(State from) {
    EXPECT_EQ(Only<Transition>().from_state, from);
    EXPECT_EQ(Only<Transition>().state, State::kPaused);
    EXPECT_EQ(Only<Transition>().health, Health::kUnknown);
    EXPECT_EQ(Only<Transition>().reason, Reason::kOperator);
    EXPECT_EQ(machine_->state(), State::kPaused);
    EXPECT_EQ(machine_->NextDeadline(), kNever);
    EXPECT_FALSE(Status().next_attempt.has_value());
    EXPECT_EQ(Status().attempts, 0);
  }
  void ExpectDialledAnew(State from, Health health) {
    EXPECT_EQ(Count<DialAction>(), 1);
    EXPECT_EQ(Only<Transition>().from_state, from);
    EXPECT_EQ(Only<Transition>().state, State::kConnecting);
    EXPECT_EQ(Only<Transition>().health, health);
    EXPECT_EQ(Only<Transition>().reason, Reason::kOperator);
    EXPECT_EQ(Status().attempts, 1);
    EXPECT_EQ(machine_->NextDeadline(), kNever);
  }
};

TEST_F(SessionWishes, PauseWhileConnectingAborts) {
  MakeConnecting();
  Pause();
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kAbort);
  ExpectPaused(State::kConnecting);
  EXPECT_FALSE(Only<Transition>().lifetime.has_value());
}

TEST_F(SessionWishes, PauseWhileOpenSaysGoodbye) {
  MakeOpen(PlainSpec());
  Pong("1");
  Advance(seconds(3));
  Pause();
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kPolite);
  EXPECT_EQ(Only<DropAction>().code, 1000);
  EXPECT_LT(IndexOf<DropAction>(), IndexOf<Transition>());
  ExpectPaused(State::kOpen);
  EXPECT_EQ(Only<Transition>().lifetime, seconds(3));
  EXPECT_EQ(Only<Transition>().from_health, Health::kHealthy);
  EXPECT_TRUE(Status().peer_address.empty());
  EXPECT_EQ(Beat().verdict, Verdict::kUnknown);
}

TEST_F(SessionWishes, PauseInBackoffHasNothingToDrop) {
  MakeBackoff();
  Pause();
  EXPECT_EQ(Count<DropAction>(), 0);
  ExpectPaused(State::kBackoff);
  EXPECT_EQ(Only<Transition>().from_health, Health::kDown);
}

TEST_F(SessionWishes, PauseWhenStopped) {
  MakeStopped();
  Pause();
  EXPECT_EQ(Count<DropAction>(), 0);
  ExpectPaused(State::kStopped);
}

TEST_F(SessionWishes, PauseTwiceIsPauseOnce) {
  MakeOpen(PlainSpec());
  Pause();
  Pause();
  EXPECT_TRUE(actions_.empty());
}

TEST_F(SessionWishes, ASessionMayBeginPaused) {
  machine_ =
      std::make_unique<SessionMachine>(std::make_shared<const SharedSpec>(PlainSpec()), tick_.now, &random_, true);
  EXPECT_EQ(machine_->state(), State::kPaused);
  EXPECT_EQ(Status().reason, Reason::kOperator);
  Start();
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(machine_->state(), State::kPaused);
  Resume();
  ExpectDialledAnew(State::kPaused, Health::kUnknown);
  Open();
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionWishes, NothingHappensToAPausedSession) {
  MakeOpen(PlainSpec());
  Pause();
  Advance(std::chrono::hours(100));
  Timer();
  EXPECT_TRUE(actions_.empty());
  Open();
  Pong("1");
  Message("x");
  Inbound(7);
  Close(1000);
  FailDial(Reason::kDns);
  Reconnect();
  EXPECT_TRUE(actions_.empty());
  Reconnect(seconds(5));
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  Update(PlainSpec(), true);
  EXPECT_TRUE(actions_.empty()) << "a changed declaration does not wake it";
  EXPECT_EQ(machine_->state(), State::kPaused);
  Stop();
  EXPECT_EQ(actions_.size(), 1u);
  EXPECT_EQ(Count<FinishedAction>(), 1);
}

TEST_F(SessionWishes, APausedSessionTakesAChangedDeclaration) {
  MakePaused();
  SharedSpec spec = PlainSpec();
  spec.reconnect.first_delay = seconds(7);
  Update(spec, false);
  Resume();
  FailDial(Reason::kDns);
  EXPECT_EQ(*Only<Transition>().next_attempt - tick_.now, seconds(7));
}

TEST_F(SessionWishes, ResumeForgetsTheFailuresOfBefore) {
  MakeConnecting();
  for (int i = 0; i < 4; ++i) {
    FailDial(Reason::kDns);
    RunFor(machine_->NextDeadline() - tick_.now);
  }
  Pause();
  Resume();
  ExpectDialledAnew(State::kPaused, Health::kUnknown);
  FailDial(Reason::kDns);
  EXPECT_EQ(*Only<Transition>().next_attempt - tick_.now, seconds(1));
}

TEST_F(SessionWishes, ARecoveryIsNotCountedOverAPause) {
  MakeBackoff();
  Pause();
  Advance(std::chrono::hours(10));
  Resume();
  Open();
  Pong("1");
  EXPECT_FALSE(Only<Transition>().recovery.has_value());
}

TEST_F(SessionWishes, ResumeOutsideOfAPauseDoesNothing) {
  MakeConnecting();
  Resume();
  EXPECT_TRUE(actions_.empty());
  Open();
  Resume();
  EXPECT_TRUE(actions_.empty());
  Close(0);
  Resume();
  EXPECT_TRUE(actions_.empty());
  MakeStopped();
  Resume();
  EXPECT_TRUE(actions_.empty());
}

TEST_F(SessionWishes, NothingIsDoneBeforeTheStartOrAfterTheEnd) {
  Make(PlainSpec());
  Pause();
  Resume();
  Reconnect();
  EXPECT_TRUE(actions_.empty());
  MakeOpen(PlainSpec());
  Stop();
  Pause();
  EXPECT_TRUE(actions_.empty());
  Resume();
  EXPECT_TRUE(actions_.empty());
  Reconnect();
  EXPECT_TRUE(actions_.empty());
}

TEST_F(SessionWishes, ReconnectFromEveryState) {
  MakeConnecting();
  Reconnect();
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kAbort);
  EXPECT_LT(IndexOf<DropAction>(), IndexOf<DialAction>());
  ExpectDialledAnew(State::kConnecting, Health::kUnknown);

  MakeOpen(PlainSpec());
  Pong("1");
  Advance(seconds(4));
  Reconnect();
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kPolite);
  EXPECT_EQ(Only<Transition>().lifetime, seconds(4));
  ExpectDialledAnew(State::kOpen, Health::kUnknown);

  MakeBackoff();
  Reconnect();
  EXPECT_EQ(Count<DropAction>(), 0);
  ExpectDialledAnew(State::kBackoff, Health::kDown);

  MakeStopped();
  Reconnect();
  ExpectDialledAnew(State::kStopped, Health::kDown);
}

TEST_F(SessionWishes, APlannedReconnectComesAtItsTime) {
  MakeOpen(PlainSpec());
  Pong("1");
  Reconnect(seconds(3));
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + seconds(3));
  EXPECT_FALSE(Status().next_attempt.has_value()) << "it is open";
  Reconnect(seconds(9));
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + seconds(3)) << "the earlier one holds";
  Advance(seconds(3));
  Timer();
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kPolite);
  ExpectDialledAnew(State::kOpen, Health::kUnknown);
}

TEST_F(SessionWishes, HeartbeatsGoOnUntilAPlannedReconnect) {
  MakeOpen(PlainSpec());
  Pong("1");
  Reconnect(std::chrono::hours(1));
  RunFor(seconds(11));
  EXPECT_GE(Count<PingAction>(), 1);
  EXPECT_EQ(machine_->state(), State::kOpen);
}

TEST_F(SessionWishes, WhoComesBackByItselfIsNotDroppedAgain) {
  MakeOpen(PlainSpec());
  Reconnect(seconds(30));
  Close(0);
  EXPECT_EQ(*Only<Transition>().next_attempt - tick_.now, seconds(1));
  RunFor(seconds(1));
  Open();
  const auto deadline = machine_->NextDeadline();
  EXPECT_LE(deadline, tick_.now + seconds(4)) << "the ping's";
  Pong("1");
  Advance(seconds(30));
  EXPECT_NE(machine_->NextDeadline(), kNever);
  Timer();
  EXPECT_EQ(Count<DialAction>(), 0);
}

TEST_F(SessionWishes, APlannedReconnectShortensAWait) {
  MakeBackoff();
  Reconnect(seconds(20));
  EXPECT_EQ(*Status().next_attempt - tick_.now, seconds(1)) << "it comes back earlier by itself";
  Reconnect(std::chrono::milliseconds(300));
  EXPECT_EQ(*Status().next_attempt - tick_.now, std::chrono::milliseconds(300));
  RunFor(std::chrono::milliseconds(300));
  EXPECT_EQ(Count<DialAction>(), 1);
}

TEST_F(SessionWishes, APlannedReconnectWakesAStoppedSession) {
  MakeStopped();
  Reconnect(seconds(2));
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + seconds(2));
  RunFor(seconds(2));
  ExpectDialledAnew(State::kStopped, Health::kDown);
}

TEST_F(SessionWishes, APlannedReconnectOfAnAttemptIsTheAttempt) {
  MakeConnecting();
  Reconnect(seconds(2));
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  Open();
  RunFor(seconds(3));
  EXPECT_EQ(Count<DialAction>(), 0);
}

TEST_F(SessionWishes, APauseForgetsAPlannedReconnect) {
  MakeOpen(PlainSpec());
  Reconnect(seconds(2));
  Pause();
  Resume();
  Open();
  Pong("1");
  Advance(seconds(3));
  Timer();
  EXPECT_EQ(machine_->state(), State::kOpen);
}

}  // namespace
}  // namespace holter::core
