// Where the connection is: dialling, open, back-off, stopped.
#include <algorithm>

#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;

class SessionStates : public MachineFixture {
 protected:
  // The delay of the only transition into BACKOFF that the last event brought.
  Duration Delay() { return *Only<Transition>().next_attempt - tick_.now; }
  // Lets the delay pass and expects a dial.
  void Redial() {
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    ASSERT_EQ(Count<DialAction>(), 1);
  }
};

TEST_F(SessionStates, StartDials) {
  Make(PlainSpec());
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  Start();
  EXPECT_EQ(actions_.size(), 1u);
  EXPECT_EQ(Count<DialAction>(), 1);
  EXPECT_EQ(machine_->state(), State::kConnecting);
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(machine_->NextDeadline(), kNever) << "transport bounds the phases";
  EXPECT_EQ(Status().attempts, 1);
  Start();
  EXPECT_TRUE(actions_.empty()) << "once only";
}

TEST_F(SessionStates, OpenIsReportedAndProvesNothing) {
  Make(PlainSpec());
  Start();
  Advance(milliseconds(30));
  machine_->OnOpened(
      tick_, {.peer_address = "[2001:db8::1]:443", .subprotocol = "v2", .tls_expiry = WallTime(seconds(9))}, actions_);
  EXPECT_TRUE(Only<AttemptReport>().opened);
  EXPECT_FALSE(Only<AttemptReport>().reconnect);
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.from_state, State::kConnecting);
  EXPECT_EQ(transition.state, State::kOpen);
  EXPECT_EQ(transition.health, Health::kUnknown);
  EXPECT_EQ(transition.reason, Reason::kNone);
  EXPECT_EQ(transition.at, tick_.now);
  const SessionStatus status = Status();
  EXPECT_EQ(status.state, State::kOpen);
  EXPECT_EQ(status.state_since, tick_.now);
  EXPECT_EQ(status.peer_address, "[2001:db8::1]:443");
  EXPECT_EQ(status.subprotocol, "v2");
  EXPECT_EQ(status.tls_expiry, WallTime(seconds(9)));
  EXPECT_EQ(status.reconnects, 0);
  EXPECT_FALSE(status.last_alive.has_value());
}

TEST_F(SessionStates, RefusedDialBacksOff) {
  Make(PlainSpec());
  Start();
  FailDial(Reason::kConnectRefused);
  EXPECT_FALSE(Only<AttemptReport>().opened);
  EXPECT_EQ(Only<AttemptReport>().reason, Reason::kConnectRefused);
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.state, State::kBackoff);
  EXPECT_EQ(transition.from_health, Health::kUnknown);
  EXPECT_EQ(transition.health, Health::kDown);
  EXPECT_EQ(transition.reason, Reason::kConnectRefused);
  EXPECT_EQ(transition.detail, "because");
  EXPECT_EQ(transition.attempts, 1);
  EXPECT_FALSE(transition.lifetime.has_value());
  EXPECT_EQ(transition.next_attempt, tick_.now + seconds(1));
  EXPECT_EQ(machine_->NextDeadline(), tick_.now + seconds(1));
  EXPECT_EQ(Status().next_attempt, tick_.now + seconds(1));
  EXPECT_EQ(Count<DropAction>(), 0) << "a failed attempt has ended by itself";
}

TEST_F(SessionStates, BackoffEndsInADialAndAnEarlyTimerDoesNothing) {
  Make(PlainSpec());
  Start();
  FailDial(Reason::kDns);
  Advance(milliseconds(999));
  Timer();
  EXPECT_TRUE(actions_.empty());
  Advance(milliseconds(1));
  Timer();
  EXPECT_EQ(Only<Transition>().from_state, State::kBackoff);
  EXPECT_EQ(Only<Transition>().state, State::kConnecting);
  EXPECT_EQ(Only<Transition>().health, Health::kDown);
  EXPECT_EQ(Only<Transition>().reason, Reason::kDns) << "the reason stands until life is proved";
  EXPECT_EQ(Count<DialAction>(), 1);
  EXPECT_EQ(Status().detail, "because");
  EXPECT_FALSE(Status().next_attempt.has_value());
  FailDial(Reason::kDns);
  EXPECT_TRUE(Only<AttemptReport>().reconnect);
}

TEST_F(SessionStates, DelaysGrowOverFailures) {
  Make(PlainSpec());
  Start();
  for (Duration expected : {seconds(1), seconds(2), seconds(4), seconds(8), seconds(16), seconds(32), seconds(60)}) {
    FailDial(Reason::kConnectTimeout);
    EXPECT_EQ(Delay(), expected);
    Redial();
  }
  EXPECT_EQ(Status().attempts, 8);
}

TEST_F(SessionStates, AcceptThenCloseNeverLoopsHot) {
  Make(PlainSpec());
  Start();
  Duration waited{};
  for (int i = 0; i < 8; ++i) {
    Open();
    Close(1000);
    waited += Delay();
    Redial();
  }
  EXPECT_GE(waited, seconds(1 + 2 + 4 + 8 + 16 + 32 + 60 + 60));
  EXPECT_EQ(Status().reconnects, 7);
}

TEST_F(SessionStates, TheCountResetsOnlyAfterAStableTime) {
  Make(PlainSpec());
  Start();
  FailDial(Reason::kDns);
  Redial();
  Open();
  Advance(seconds(30) - milliseconds(1));
  Close(1001);
  EXPECT_EQ(Delay(), seconds(2));
  EXPECT_EQ(Only<Transition>().attempts, 2);
  Redial();
  Open();
  Advance(seconds(30));
  Close(1001);
  EXPECT_EQ(Delay(), seconds(1));
  EXPECT_EQ(Only<Transition>().attempts, 0);
  Redial();
  FailDial(Reason::kDns);
  EXPECT_EQ(Delay(), seconds(2)) << "the wait after the loss was the first step";
}

TEST_F(SessionStates, AStableConnectionShowsNoAttempts) {
  SharedSpec spec = PlainSpec();
  MakeOpen(spec);
  for (const char* seq : {"1", "2", "3", "4", "5"}) {
    Pong(seq);
    RunFor(seconds(10));
  }
  EXPECT_EQ(machine_->state(), State::kOpen);
  EXPECT_EQ(Status().attempts, 0);
}

TEST_F(SessionStates, PeerClosesWithACode) {
  MakeOpen(PlainSpec());
  Advance(seconds(7));
  Close(1011);
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.from_state, State::kOpen);
  EXPECT_EQ(transition.state, State::kBackoff);
  EXPECT_EQ(transition.health, Health::kDown);
  EXPECT_EQ(transition.reason, Reason::kPeerClosed);
  EXPECT_EQ(transition.lifetime, seconds(7));
  EXPECT_EQ(transition.detail, "bye");
  EXPECT_EQ(Status().last_close_code, 1011);
  EXPECT_EQ(Status().peer_address, "");
  EXPECT_EQ(Count<DropAction>(), 0);
}

TEST_F(SessionStates, ResetWithoutCloseFrameCountsAs1006) {
  SharedSpec spec = PlainSpec();
  spec.close.rules = {{.kind = CloseRule::Kind::kCloseCode, .first = 1006, .last = 1006, .then = RetryClass::kNever}};
  MakeOpen(spec);
  Close(0);
  EXPECT_EQ(Only<Transition>().state, State::kStopped);
  EXPECT_EQ(Only<Transition>().reason, Reason::kPeerReset);
  EXPECT_EQ(Status().last_close_code, 0);
}

TEST_F(SessionStates, OurOwnFindingsAreNoCloseCodeOfThePeer) {
  SharedSpec spec = PlainSpec();
  spec.close.rules = {{.kind = CloseRule::Kind::kCloseCode, .first = 1000, .last = 4999, .then = RetryClass::kNever}};
  MakeOpen(spec);
  actions_.clear();
  machine_->OnClosed(tick_, {.reason = Reason::kMessageTooBig, .code = 0, .detail = "too big"}, actions_);
  EXPECT_EQ(Only<Transition>().state, State::kBackoff);
  EXPECT_EQ(Only<Transition>().reason, Reason::kMessageTooBig);
}

TEST_F(SessionStates, SlowWaitsTheLongestDelay) {
  MakeOpen(PlainSpec());
  Close(1008);
  EXPECT_EQ(Delay(), seconds(60));
}

TEST_F(SessionStates, TlsTrustIsSlow) {
  Make(PlainSpec());
  Start();
  FailDial(Reason::kTlsUntrusted);
  EXPECT_EQ(Delay(), seconds(60));
}

TEST_F(SessionStates, NeverStops) {
  Make(PlainSpec());
  Start();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "410 Gone", .http_status = 410, .retry_after = seconds(5)});
  EXPECT_EQ(Only<Transition>().state, State::kStopped);
  EXPECT_EQ(Only<Transition>().health, Health::kDown);
  EXPECT_EQ(Only<Transition>().reason, Reason::kUpgradeStatus);
  EXPECT_FALSE(Only<Transition>().next_attempt.has_value());
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  EXPECT_EQ(Status().last_http_status, 410);
  Advance(std::chrono::hours(100));
  Timer();
  EXPECT_TRUE(actions_.empty());
}

TEST_F(SessionStates, NeverFromOpen) {
  SharedSpec spec = PlainSpec();
  spec.close.rules = {{.kind = CloseRule::Kind::kCloseCode, .first = 4000, .last = 4099, .then = RetryClass::kNever}};
  MakeOpen(spec);
  Advance(seconds(3));
  Close(4004);
  EXPECT_EQ(Only<Transition>().state, State::kStopped);
  EXPECT_EQ(Only<Transition>().lifetime, seconds(3));
  EXPECT_EQ(machine_->NextDeadline(), kNever);
}

TEST_F(SessionStates, HttpStatusesHaveTheirClass) {
  Make(PlainSpec());
  Start();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "404", .http_status = 404});
  EXPECT_EQ(Delay(), seconds(60));
  Redial();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "503", .http_status = 503});
  EXPECT_EQ(Delay(), seconds(2)) << "the slow wait was a step too";
}

TEST_F(SessionStates, RetryAfterIsALowerBoundForThatAttemptOnly) {
  Make(PlainSpec());
  Start();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "429", .http_status = 429, .retry_after = seconds(20)});
  EXPECT_EQ(Delay(), seconds(20));
  Redial();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "429", .http_status = 429});
  EXPECT_EQ(Delay(), seconds(2));
  Redial();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "429", .http_status = 429, .retry_after = seconds(1)});
  EXPECT_EQ(Delay(), seconds(4)) << "shorter than the back-off: no reason to hurry";
  Redial();
  FailDial(
      {.reason = Reason::kUpgradeStatus, .detail = "429", .http_status = 429, .retry_after = std::chrono::hours(9)});
  EXPECT_EQ(Delay(), std::chrono::minutes(10));
}

TEST_F(SessionStates, RetryAfterMayBeIgnored) {
  SharedSpec spec = PlainSpec();
  spec.reconnect.retry_after_max = Duration::zero();
  Make(spec);
  Start();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "429", .http_status = 429, .retry_after = seconds(20)});
  EXPECT_EQ(Delay(), seconds(1));
}

TEST_F(SessionStates, AtOnceNeedsAStableConnection) {
  SharedSpec spec = PlainSpec();
  spec.close.rules = {{.kind = CloseRule::Kind::kCloseCode, .first = 4000, .last = 4000, .then = RetryClass::kAtOnce}};
  Make(spec);
  Start();
  for (Duration expected : {seconds(1), seconds(2), seconds(4)}) {
    Open();
    Close(4000);
    EXPECT_EQ(Delay(), expected) << "not stable: backs off";
    Redial();
  }
  Open();
  Advance(seconds(31));
  Close(4000);
  EXPECT_EQ(Delay(), seconds(1));
  Redial();
  Open();
  Close(1000);
  EXPECT_EQ(Delay(), seconds(1)) << "at once is no step of the back-off";
}

TEST_F(SessionStates, JitterSpreadsEveryStep) {
  SharedSpec spec = PlainSpec();
  spec.reconnect.jitter = 0.5;
  for (int step = 0; step < 4; ++step) {
    Duration least = Duration::max();
    Duration most{};
    for (int session = 0; session < 200; ++session) {
      Make(spec);
      Start();
      for (int i = 0; i < step; ++i) {
        FailDial(Reason::kDns);
        Redial();
      }
      FailDial(Reason::kDns);
      least = std::min(least, Delay());
      most = std::max(most, Delay());
    }
    const Duration nominal = seconds(1 << step);
    EXPECT_LT(least, nominal * 6 / 10) << step;
    EXPECT_GE(least, nominal / 2) << step;
    EXPECT_GT(most, nominal * 14 / 10) << step;
    EXPECT_LE(most, nominal * 3 / 2) << step;
  }
}

TEST_F(SessionStates, EventsThatDoNotFitAreIgnored) {
  Make(PlainSpec());
  Open();
  EXPECT_TRUE(actions_.empty()) << "not started";
  FailDial(Reason::kDns);
  EXPECT_TRUE(actions_.empty());
  Start();
  Pong("1");
  EXPECT_TRUE(actions_.empty()) << "not open";
  Close(1000);
  EXPECT_TRUE(actions_.empty());
  Inbound(10);
  Timer();
  EXPECT_TRUE(actions_.empty());
  Open();
  Open();
  EXPECT_TRUE(actions_.empty()) << "open already";
  FailDial(Reason::kDns);
  EXPECT_TRUE(actions_.empty());
  Close(1000);
  Close(1000);
  EXPECT_TRUE(actions_.empty());
  Message("x");
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(Status().traffic.messages_in, 0u);
}

TEST_F(SessionStates, TrafficIsCounted) {
  MakeOpen(PlainSpec());
  Inbound(100);
  Message("x");
  Inbound(20);
  machine_->OnBytesWritten(55);
  const Traffic traffic = Status().traffic;
  EXPECT_EQ(traffic.bytes_in, 120u);
  EXPECT_EQ(traffic.messages_in, 1u);
  EXPECT_EQ(traffic.bytes_out, 55u);
  EXPECT_EQ(traffic.messages_out, 0u) << "a ping is no message";
  Close(0);
  Redial();
  EXPECT_EQ(Status().traffic.bytes_in, 120u) << "counters outlive the connection";
}

TEST_F(SessionStates, TcpRttBelongsToTheConnection) {
  MakeOpen(PlainSpec());
  EXPECT_FALSE(Status().tcp_rtt.has_value());
  machine_->SetTcpRtt({.min = milliseconds(1), .smoothed = milliseconds(30)});
  EXPECT_EQ(Status().tcp_rtt->smoothed, milliseconds(30));
  Close(0);
  EXPECT_FALSE(Status().tcp_rtt.has_value());
}

class SessionStop : public SessionStates {};

TEST_F(SessionStop, BeforeStart) {
  Make(PlainSpec());
  Stop();
  EXPECT_EQ(actions_.size(), 1u);
  EXPECT_EQ(Count<FinishedAction>(), 1);
  Start();
  EXPECT_TRUE(actions_.empty());
}

TEST_F(SessionStop, WhileConnectingAborts) {
  Make(PlainSpec());
  Start();
  Stop();
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kAbort);
  EXPECT_LT(IndexOf<DropAction>(), IndexOf<FinishedAction>());
}

TEST_F(SessionStop, WhileOpenSaysGoodbye) {
  MakeOpen(PlainSpec());
  Stop(StopCause::kDeleted);
  EXPECT_EQ(Only<DropAction>().manner, DropAction::Manner::kPolite);
  EXPECT_EQ(Only<DropAction>().code, 1000);
  EXPECT_LT(IndexOf<DropAction>(), IndexOf<FinishedAction>());
}

TEST_F(SessionStop, ShutdownIsGoingAway) {
  MakeOpen(PlainSpec());
  Stop(StopCause::kShutdown);
  EXPECT_EQ(Only<DropAction>().code, 1001);
}

TEST_F(SessionStop, InBackoffThereIsNothingToDrop) {
  Make(PlainSpec());
  Start();
  FailDial(Reason::kDns);
  Stop();
  EXPECT_EQ(actions_.size(), 1u);
  EXPECT_EQ(Count<FinishedAction>(), 1);
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  EXPECT_EQ(Status().next_attempt, std::nullopt);
}

TEST_F(SessionStop, WhenStopped) {
  Make(PlainSpec());
  Start();
  FailDial({.reason = Reason::kUpgradeStatus, .detail = "gone", .http_status = 410});
  Stop();
  EXPECT_EQ(actions_.size(), 1u);
  EXPECT_EQ(Count<FinishedAction>(), 1);
}

TEST_F(SessionStop, AfterwardsNothingHappens) {
  MakeOpen(PlainSpec());
  Stop();
  Stop();
  EXPECT_TRUE(actions_.empty());
  Advance(seconds(100));
  Start();
  Timer();
  Open();
  Pong("1");
  Message("x");
  Inbound(1);
  Close(1000);
  FailDial(Reason::kDns);
  Update(PlainSpec(), true);
  EXPECT_TRUE(actions_.empty());
  EXPECT_EQ(machine_->NextDeadline(), kNever);
  EXPECT_FALSE(machine_->VerdictDue(tick_.now));
}

}  // namespace
}  // namespace holter::core
