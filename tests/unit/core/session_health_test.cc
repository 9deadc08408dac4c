// Whether the peer is alive, judged apart from the connection.
#include "tests/support/machine_fixture.h"

namespace holter::core {
namespace {

using holter::testing::EchoBeat;
using holter::testing::MachineFixture;
using holter::testing::milliseconds;
using holter::testing::PlainSpec;
using holter::testing::seconds;
using holter::testing::Text;

class SessionHealth : public MachineFixture {
 protected:
  static SharedSpec Both() {
    SharedSpec spec = PlainSpec();
    spec.beats.push_back(EchoBeat("app"));
    return spec;
  }
  void Redial() {
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    ASSERT_EQ(Count<DialAction>(), 1);
  }
};

TEST_F(SessionHealth, UnknownUntilTheFirstAnswer) {
  MakeOpen(PlainSpec());
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Advance(milliseconds(10));
  Pong("1");
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.from_health, Health::kUnknown);
  EXPECT_EQ(transition.health, Health::kHealthy);
  EXPECT_EQ(transition.state, State::kOpen);
  EXPECT_EQ(transition.reason, Reason::kNone);
  EXPECT_FALSE(transition.recovery.has_value()) << "it was not down";
  EXPECT_EQ(Status().health_since, tick_.now);
}

TEST_F(SessionHealth, EveryJudgedHeartbeatHasToAnswer) {
  MakeOpen(Both());
  Pong("1");
  EXPECT_EQ(Count<Transition>(), 0);
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(Beat(0).verdict, Verdict::kAlive);
  EXPECT_EQ(Beat(1).verdict, Verdict::kUnknown);
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionHealth, KeepaliveOnlyDoesNotStandInTheWay) {
  SharedSpec spec = Both();
  spec.beats[0].expect.reset();
  spec.beats[0].correlate.reset();
  MakeOpen(spec);
  Pong("1");
  EXPECT_EQ(machine_->health(), Health::kHealthy);
}

TEST_F(SessionHealth, NothingJudgedIsUnknownWhileOpenAndDownAfterALoss) {
  SharedSpec spec = PlainSpec();
  spec.protocol.active = false;
  MakeOpen(spec);
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  Close(0);
  EXPECT_EQ(machine_->health(), Health::kDown);
  EXPECT_EQ(Status().reason, Reason::kPeerReset);
  Redial();
  EXPECT_EQ(machine_->health(), Health::kDown);
  Open();
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(Status().reason, Reason::kNone);
}

TEST_F(SessionHealth, ALossIsDownWithAReason) {
  MakeOpen(PlainSpec());
  Pong("1");
  Advance(seconds(2));
  Close(1001);
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.from_health, Health::kHealthy);
  EXPECT_EQ(transition.health, Health::kDown);
  EXPECT_EQ(transition.reason, Reason::kPeerClosed);
}

TEST_F(SessionHealth, DownStaysDownOverAReconnectUntilAnAnswer) {
  MakeOpen(PlainSpec());
  Pong("1");
  Advance(seconds(1));
  Close(0);
  const TimePoint down = tick_.now;
  Redial();
  Open();
  EXPECT_EQ(machine_->health(), Health::kDown) << "an upgrade proves nothing";
  EXPECT_EQ(Status().reason, Reason::kPeerReset);
  EXPECT_EQ(Status().health_since, down);
  Advance(milliseconds(20));
  Pong("1");
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.health, Health::kHealthy);
  EXPECT_EQ(transition.recovery, tick_.now - down);
  EXPECT_EQ(transition.reason, Reason::kNone);
  EXPECT_EQ(Status().detail, "");
}

TEST_F(SessionHealth, AZombieNeverShowsHealthy) {
  MakeOpen(PlainSpec());
  const TimePoint opened = tick_.now;
  int deaths = 0;
  for (int round = 0; round < 50; ++round) {
    // Accepts, lets every ping pass, and is never anything but open, waiting or connecting.
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    EXPECT_NE(machine_->health(), Health::kHealthy);
    EXPECT_NE(machine_->health(), Health::kDegraded);
    if (deaths > 0) {
      EXPECT_EQ(machine_->health(), Health::kDown);
    }
    for (const Transition& transition : All<Transition>()) deaths += transition.lifetime.has_value() ? 1 : 0;
    if (machine_->state() == State::kConnecting) Open();
  }
  EXPECT_GE(deaths, 10);
  EXPECT_EQ(Status().reason, Reason::kProtocolHeartbeat);
  EXPECT_GE(Status().health_since, opened + seconds(4));
  EXPECT_LE(Status().health_since, opened + seconds(5)) << "down since the first death, without a break";
}

TEST_F(SessionHealth, AllowedMissesDegrade) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence.misses_allowed = 1;
  MakeOpen(spec);
  Pong("1");
  while (Beat().counters.sent < 2) {
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
  }
  Advance(seconds(4));
  Timer();
  const Transition transition = Only<Transition>();
  EXPECT_EQ(transition.state, State::kOpen);
  EXPECT_EQ(transition.health, Health::kDegraded);
  EXPECT_EQ(transition.reason, Reason::kProtocolHeartbeat);
  EXPECT_LT(IndexOf<BeatReport>(), IndexOf<Transition>());
  EXPECT_EQ(Count<DropAction>(), 0);
  EXPECT_EQ(Beat().verdict, Verdict::kLate);
  EXPECT_EQ(Beat().misses, 1);

  Advance(machine_->NextDeadline() - tick_.now);
  Timer();
  Pong("3");
  EXPECT_EQ(Only<Transition>().health, Health::kHealthy);
  EXPECT_FALSE(Only<Transition>().recovery.has_value()) << "it was not down";
  EXPECT_EQ(Beat().misses, 0);
}

TEST_F(SessionHealth, OneMissTooManyIsDown) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence.misses_allowed = 2;
  MakeOpen(spec);
  Pong("1");
  RunFor(seconds(60));
  EXPECT_EQ(machine_->health(), Health::kDown);
  std::vector<Health> healths;
  for (const Transition& transition : All<Transition>()) {
    if (transition.health != transition.from_health) healths.push_back(transition.health);
  }
  EXPECT_EQ(healths, (std::vector<Health>{Health::kDegraded, Health::kDown}));
  EXPECT_EQ(Beat().counters.missed, 3u);
}

TEST_F(SessionHealth, AMissBeforeTheFirstAnswerDoesNotDegradeWhatIsNotKnown) {
  SharedSpec spec = PlainSpec();
  spec.protocol.cadence.misses_allowed = 5;
  MakeOpen(spec);
  RunFor(seconds(4));
  EXPECT_EQ(machine_->health(), Health::kUnknown);
  EXPECT_EQ(Beat().verdict, Verdict::kLate);
}

TEST_F(SessionHealth, PongFineAppDeadIsVisible) {
  SharedSpec spec = Both();
  spec.beats[0].cadence.misses_allowed = 100;
  MakeOpen(spec);
  Pong("1");
  Message("a1");
  uint32_t answered = 1;
  for (int i = 0; i < 40; ++i) {
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    for (const PingAction& ping : All<PingAction>()) {
      Pong(ping.payload);
      ++answered;
      break;
    }
  }
  EXPECT_EQ(Beat(0).verdict, Verdict::kAlive);
  EXPECT_EQ(Beat(1).verdict, Verdict::kLate);
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  EXPECT_EQ(Status().reason, Reason::kAppHeartbeat);
  EXPECT_GT(answered, 5u);
}

TEST_F(SessionHealth, AppDeadKillsThoughPongsAreFine) {
  MakeOpen(Both());
  Pong("1");
  RunFor(seconds(4));
  EXPECT_EQ(Status().reason, Reason::kAppHeartbeat);
  EXPECT_EQ(Beat(0).verdict, Verdict::kUnknown) << "not connected: not judged";
  EXPECT_EQ(Beat(1).verdict, Verdict::kDead);
}

TEST_F(SessionHealth, AppFinePongsMissingIsVisible) {
  MakeOpen(Both());
  Message("a1");
  RunFor(seconds(4));
  EXPECT_EQ(Status().reason, Reason::kProtocolHeartbeat);
  EXPECT_EQ(Beat(0).verdict, Verdict::kDead);
}

TEST_F(SessionHealth, DeathStaysVisibleUntilTheNextConnectionIsOpen) {
  MakeOpen(PlainSpec());
  RunFor(seconds(4));
  EXPECT_EQ(Beat().verdict, Verdict::kDead);
  Redial();
  EXPECT_EQ(Beat().verdict, Verdict::kDead);
  Open();
  EXPECT_EQ(Beat().verdict, Verdict::kUnknown);
}

TEST_F(SessionHealth, RecoveryThroughDegradedIsStillARecovery) {
  SharedSpec spec = Both();
  spec.protocol.cadence.misses_allowed = 3;
  spec.protocol.cadence.timeout = seconds(1);
  spec.beats[0].cadence = {.interval = seconds(10), .timeout = seconds(60)};
  Make(spec);
  Start();
  FailDial(Reason::kDns);
  const TimePoint down = tick_.now;
  Redial();
  Open();
  Pong("1");
  while (Beat(0).verdict != Verdict::kLate) {
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
  }
  EXPECT_EQ(machine_->health(), Health::kDown) << "the application has not answered yet";
  Message("a1");
  EXPECT_EQ(machine_->health(), Health::kDegraded);
  std::string last;
  while (last.empty()) {
    Advance(machine_->NextDeadline() - tick_.now);
    Timer();
    for (const PingAction& ping : All<PingAction>()) last = ping.payload;
  }
  Pong(last);
  EXPECT_EQ(Only<Transition>().health, Health::kHealthy);
  EXPECT_EQ(Only<Transition>().recovery, tick_.now - down);
}

TEST_F(SessionHealth, FailedAttemptsSayWhy) {
  Make(PlainSpec());
  Start();
  for (Reason reason : {Reason::kDns, Reason::kConnectRefused, Reason::kTlsExpired, Reason::kUpgradeInvalid}) {
    FailDial(reason);
    EXPECT_EQ(Status().reason, reason);
    EXPECT_EQ(machine_->health(), Health::kDown);
    Redial();
  }
}

}  // namespace
}  // namespace holter::core
