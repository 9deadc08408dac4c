#include "engine/session_runner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/loop_fixture.h"

namespace holter::engine {
namespace {

using core::BeatReport;
using core::DropAction;
using core::Health;
using core::Reason;
using core::State;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

class SessionRunnerTest : public LoopFixture {
 protected:
  static State StateOf(const SessionCell& session) { return session.Snapshot().state; }
  static Health HealthOf(const SessionCell& session) { return session.Snapshot().health; }
  static std::shared_ptr<const core::SharedSpec> Shared() {
    return std::make_shared<const core::SharedSpec>(Pinging());
  }
};

TEST_F(SessionRunnerTest, IsSmall) {
  EXPECT_LE(sizeof(SessionRunner) - sizeof(core::SessionMachine), 300u) << "there are tens of thousands of these";
}

TEST_F(SessionRunnerTest, DialsOpensBeatsAndIsHealthyAtThePong) {
  SessionRunner& session = Begin();
  EXPECT_EQ(network.dials(), 0u) << "the grant comes by mail";
  loop->Poll();
  ASSERT_EQ(network.dials(), 1u);
  testing::SteppedChannel& channel = network.last();
  EXPECT_EQ(channel.url(), "ws://peer.example/");
  EXPECT_EQ(StateOf(session), State::kConnecting);
  EXPECT_EQ(governor.load().in_flight, 1u);

  channel.Phase(core::Phase::kDns, milliseconds(3));
  channel.Phase(core::Phase::kConnect, milliseconds(4));
  channel.Open();
  EXPECT_EQ(StateOf(session), State::kOpen);
  EXPECT_EQ(HealthOf(session), Health::kUnknown) << "an upgrade proves nothing";
  EXPECT_EQ(governor.load().in_flight, 0u);
  EXPECT_THAT(channel.pings(), ElementsAre("1"));
  EXPECT_THAT(metrics.phases,
              ElementsAre(Pair(core::Phase::kDns, milliseconds(3)), Pair(core::Phase::kConnect, milliseconds(4))));

  Advance(milliseconds(30));
  channel.Pong("1");
  EXPECT_EQ(HealthOf(session), Health::kHealthy);
  ASSERT_FALSE(metrics.beats.empty());
  EXPECT_EQ(metrics.beats.back().kind, BeatReport::Kind::kAcked);
  EXPECT_EQ(metrics.beats.back().rtt, milliseconds(30));
}

TEST_F(SessionRunnerTest, TellsMetricsEverythingAndTheRegistryWhatMatters) {
  BeginOpen();
  network.last().set_link({.write_blocked = false, .unacked_bytes = false, .tcp_rtt = {}});
  network.last().Pong("1");
  EXPECT_THAT(metrics.begins, ElementsAre(Pair(State::kConnecting, Health::kUnknown)));
  EXPECT_EQ(registry.begins, metrics.begins);
  EXPECT_THAT(registry.attempts, SizeIs(1));
  EXPECT_THAT(metrics.attempts, SizeIs(1));
  EXPECT_THAT(registry.transitions, SizeIs(2));
  EXPECT_THAT(metrics.transitions, SizeIs(2));
  EXPECT_THAT(metrics.beats, SizeIs(2));
  EXPECT_THAT(registry.beats, SizeIs(0)) << "hot events are for metrics alone";
  EXPECT_EQ(registry.traffic_calls, 0);
}

TEST_F(SessionRunnerTest, DeclaresASilentPeerDeadWhenItIsDueAndNotBefore) {
  SessionRunner& session = BeginOpen();
  Advance(seconds(5) - milliseconds(1));
  EXPECT_EQ(StateOf(session), State::kOpen);
  Advance(milliseconds(2));
  EXPECT_EQ(StateOf(session), State::kBackoff);
  EXPECT_EQ(HealthOf(session), Health::kDown);
  EXPECT_EQ(session.Snapshot().reason, Reason::kProtocolHeartbeat);
  ASSERT_TRUE(network.last().farewell());
  EXPECT_EQ(network.last().farewell()->manner, DropAction::Manner::kFarewell);
  EXPECT_EQ(network.last().farewell()->code, 4000);
  EXPECT_EQ(loop->FilesInUse(), 0u);
}

TEST_F(SessionRunnerTest, AsksTheKernelAtTheVerdict) {
  SessionRunner& session = BeginOpen();
  network.last().set_link({.write_blocked = false, .unacked_bytes = true, .tcp_rtt = {}});
  EXPECT_EQ(network.last().link_calls(), 1) << "for the round trip at open";
  Advance(seconds(5) + milliseconds(1));
  EXPECT_EQ(network.last().link_calls(), 2);
  EXPECT_EQ(session.Snapshot().path, core::Path::kNetwork);
}

TEST_F(SessionRunnerTest, ComesBackAfterTheBackoffWithAFreshAttempt) {
  SessionRunner& session = BeginOpen();
  testing::SteppedChannel& old = network.last();
  old.Close(1006);
  ASSERT_EQ(StateOf(session), State::kBackoff);
  const TimePoint next = *session.Snapshot().next_attempt;
  Advance(next - clock.Now() - milliseconds(1));
  EXPECT_EQ(network.dials(), 1u);
  Advance(milliseconds(2));
  ASSERT_EQ(network.dials(), 2u);
  network.last().Open();
  EXPECT_THAT(network.last().pings(), ElementsAre("1"));
  EXPECT_EQ(session.Snapshot().reconnects, 1);
  EXPECT_TRUE(old.destroyed());
}

// Reads the peer's answer in the turn after the timer's, as a reactor does that found both ready at once.
class LateReader final : public TimerEntry {
 public:
  // `shows`: the channel can tell.
  LateReader(EventLoop& loop, testing::SteppedChannel& channel, bool shows)
      : loop_(loop), channel_(channel), shows_(shows) {}
  void OnTimer() override {
    channel_.set_input_pending(shows_);
    loop_.Post([this] {
      channel_.set_input_pending(false);
      channel_.Pong("1");
    });
  }

 private:
  EventLoop& loop_;
  testing::SteppedChannel& channel_;
  const bool shows_;
};

TEST_F(SessionRunnerTest, ReadsWhatHadArrivedBeforeItJudges) {
  SessionRunner& session = BeginOpen();
  LateReader reader(*loop, network.last(), true);
  loop->Arm(reader, clock.Now() + seconds(5) - Duration(1));
  Advance(seconds(5) - milliseconds(10));
  Starve(milliseconds(20));  // little enough to be no stall, and both timers are due in one round
  EXPECT_EQ(StateOf(session), State::kOpen);
  EXPECT_EQ(HealthOf(session), Health::kHealthy);
  EXPECT_EQ(metrics.Beats(BeatReport::Kind::kMissed), 0);
}

// A read may be done before its handler has run: then neither the kernel nor the channel knows of what is on its way.
TEST_F(SessionRunnerTest, ReadsWhatWasTakenFromTheKernelBeforeItJudges) {
  SessionRunner& session = BeginOpen();
  LateReader reader(*loop, network.last(), false);
  loop->Arm(reader, clock.Now() + seconds(5) - Duration(1));
  Advance(seconds(5) - milliseconds(10));
  Starve(milliseconds(20));
  EXPECT_EQ(StateOf(session), State::kOpen);
  EXPECT_EQ(metrics.Beats(BeatReport::Kind::kMissed), 0);
}

TEST_F(SessionRunnerTest, APeerThatNeverStopsSendingDoesNotPutOffTheVerdict) {
  SessionRunner& session = BeginOpen();
  network.last().set_input_pending(true);
  Advance(seconds(5) + milliseconds(1));
  EXPECT_EQ(StateOf(session), State::kBackoff);
  EXPECT_EQ(network.last().input_questions(), 2) << "the first turn comes without a question";
}

TEST_F(SessionRunnerTest, AStarvedLoopBlamesNobodyBeforeAFreshBeatHadItsTime) {
  SessionRunner& session = BeginOpen();
  Advance(seconds(2));
  Starve(seconds(10));
  EXPECT_EQ(StateOf(session), State::kOpen) << "the ping's deadline passed while nobody could read the answer";
  EXPECT_EQ(metrics.Beats(BeatReport::Kind::kExcused), 1);
  EXPECT_THAT(network.last().pings(), ElementsAre("1", "2"));
  Advance(seconds(5) - milliseconds(1));
  EXPECT_EQ(StateOf(session), State::kOpen);
  Advance(milliseconds(2));
  EXPECT_EQ(StateOf(session), State::kBackoff) << "the fresh one had its full time";
}

TEST_F(SessionRunnerTest, AnAnswerThatWaitedForTheStarvedLoopIsNoSample) {
  BeginOpen();
  Advance(seconds(2));
  clock.Advance(seconds(10));
  network.last().Pong("1");  // the reactor may call this before the timer
  ASSERT_EQ(metrics.Beats(BeatReport::Kind::kAcked) + metrics.Beats(BeatReport::Kind::kLate), 1);
  EXPECT_FALSE(metrics.beats.back().rtt);
}

// Deleting.

TEST_F(SessionRunnerTest, EndsWhileItsTurnIsInTheMail) {
  SessionRunner& session = Begin();
  session.Stop(core::StopCause::kDeleted);
  EXPECT_EQ(governor.load().in_flight, 1u);
  loop->Poll();
  EXPECT_EQ(network.dials(), 0u) << "a grant to a session that is gone must not dial";
  EXPECT_EQ(governor.load().in_flight, 0u);
  EXPECT_THAT(metrics.ends, SizeIs(1));
  EXPECT_EQ(registry.ends, metrics.ends);
}

TEST_F(SessionRunnerTest, EndsInEveryPhaseOfAnAttempt) {
  for (const int phases : {0, 1, 2, 3}) {
    SessionRunner& session = Begin();
    loop->Poll();
    for (int phase = 0; phase < phases; ++phase) network.last().Phase(static_cast<core::Phase>(phase), Duration(1));
    session.Stop(core::StopCause::kDeleted);
    ASSERT_TRUE(network.last().farewell());
    EXPECT_EQ(network.last().farewell()->manner, DropAction::Manner::kAbort);
    EXPECT_EQ(governor.load().in_flight, 0u);
    EXPECT_EQ(loop->FilesInUse(), 0u);
  }
  EXPECT_THAT(metrics.ends, SizeIs(4));
}

TEST_F(SessionRunnerTest, EndsAnOpenConnectionPolitely) {
  SessionRunner& session = BeginOpen();
  session.Stop(core::StopCause::kDeleted);
  ASSERT_TRUE(network.last().farewell());
  EXPECT_EQ(network.last().farewell()->manner, DropAction::Manner::kPolite);
  EXPECT_EQ(network.last().farewell()->code, 1000);
  EXPECT_THAT(metrics.ends, SizeIs(1)) << "gone at once, whatever the peer does";
  EXPECT_EQ(loop->FilesInUse(), 1u) << "the close handshake still holds its socket";
  network.last().EndLinger();
  Advance(EventLoop::kTickPeriod);
  EXPECT_EQ(governor.load().files, 0u);
}

TEST_F(SessionRunnerTest, EndsDuringBackoff) {
  SessionRunner& session = BeginOpen();
  network.last().Reset();
  session.Stop(core::StopCause::kDeleted);
  Advance(seconds(100));
  EXPECT_EQ(network.dials(), 1u);
  EXPECT_THAT(metrics.ends, SizeIs(1));
}

TEST_F(SessionRunnerTest, EndsWhenStoppedByPolicy) {
  SessionRunner& session = Begin();
  loop->Poll();
  network.last().Fail(Reason::kUpgradeStatus, 410);
  ASSERT_EQ(StateOf(session), State::kStopped);
  Advance(seconds(1000));
  EXPECT_EQ(network.dials(), 1u);
  session.Stop(core::StopCause::kDeleted);
  EXPECT_THAT(metrics.ends, ElementsAre(Pair(State::kStopped, Health::kDown)));
}

TEST_F(SessionRunnerTest, EndsOnce) {
  SessionRunner& session = BeginOpen();
  session.Stop(core::StopCause::kDeleted);
  session.Stop(core::StopCause::kShutdown);
  session.Update({"ws://other.example/", std::make_shared<core::SharedSpec>(Pinging())}, &metrics);
  EXPECT_THAT(metrics.ends, SizeIs(1));
  EXPECT_EQ(network.dials(), 1u);
}

TEST_F(SessionRunnerTest, SaysGoodbyeAtShutdownWithItsOwnCode) {
  SessionRunner& session = BeginOpen();
  session.Stop(core::StopCause::kShutdown);
  EXPECT_EQ(network.last().farewell()->code, 1001);
}

// Updating.

TEST_F(SessionRunnerTest, AnUpdateThatThePeerCannotSeeKeepsTheConnection) {
  SessionRunner& session = BeginOpen();
  network.last().Pong("1");
  core::SharedSpec changed = Pinging();
  changed.protocol.cadence.interval = seconds(2);
  changed.connect.timeouts.close = seconds(1);
  session.Update({"ws://peer.example/", std::make_shared<core::SharedSpec>(changed)}, &metrics);
  EXPECT_FALSE(network.last().over());
  EXPECT_EQ(StateOf(session), State::kOpen);
  Advance(milliseconds(10));
  network.last().Pong("2");
  const size_t before = network.last().pings().size();
  Advance(seconds(5));
  EXPECT_GE(network.last().pings().size(), before + 1) << "the new interval holds";
}

TEST_F(SessionRunnerTest, AnUpdateThatChangesTheUrlReconnectsAtOnce) {
  SessionRunner& session = BeginOpen();
  testing::SteppedChannel& old = network.last();
  session.Update({"ws://other.example/", std::make_shared<core::SharedSpec>(Pinging())}, &metrics);
  EXPECT_TRUE(old.over());
  loop->Poll();
  ASSERT_EQ(network.dials(), 2u);
  EXPECT_EQ(network.last().url(), "ws://other.example/");
  EXPECT_EQ(session.Snapshot().reason, Reason::kOperator);
  old.EndLinger();
}

TEST_F(SessionRunnerTest, AnUpdateWhileTheTurnIsInTheMailDialsOnceWithTheNewSpec) {
  SessionRunner& session = Begin();
  session.Update({"ws://other.example/", std::make_shared<core::SharedSpec>(Pinging())}, &metrics);
  loop->Poll();
  ASSERT_EQ(network.dials(), 1u);
  EXPECT_EQ(network.last().url(), "ws://other.example/");
  EXPECT_EQ(governor.load().in_flight, 1u);
}

TEST_F(SessionRunnerTest, AnUpdateDuringAnAttemptDropsItWhenItLeadsElsewhere) {
  SessionRunner& session = Begin();
  loop->Poll();
  session.Update({"ws://other.example/", std::make_shared<core::SharedSpec>(Pinging())}, &metrics);
  EXPECT_TRUE(network.channel(0).over());
  loop->Poll();
  ASSERT_EQ(network.dials(), 2u);
  EXPECT_EQ(governor.load().in_flight, 1u);
}

TEST_F(SessionRunnerTest, AnUpdateThatMovesTheGroupMovesTheSessionBetweenObservers) {
  SessionRunner& session = BeginOpen();
  network.last().Pong("1");
  RecordingObserver other;
  session.Update({"ws://peer.example/", std::make_shared<core::SharedSpec>(Pinging())}, &other);
  EXPECT_THAT(metrics.ends, ElementsAre(Pair(State::kOpen, Health::kHealthy)));
  EXPECT_THAT(other.begins, ElementsAre(Pair(State::kOpen, Health::kHealthy)));
  EXPECT_THAT(registry.ends, SizeIs(0));
  session.Stop(core::StopCause::kDeleted);
  EXPECT_THAT(other.ends, SizeIs(1));
  EXPECT_THAT(metrics.ends, SizeIs(1));
}

// Figures.

TEST_F(SessionRunnerTest, ReportsTrafficExactlyButSeldom) {
  core::SharedSpec spec = Pinging();
  spec.protocol.cadence.interval = milliseconds(100);
  spec.protocol.cadence.timeout = milliseconds(100);
  SessionRunner& session = BeginOpen(spec);
  testing::SteppedChannel& channel = network.last();
  for (size_t answered = 0; answered < 50;) {
    while (answered < channel.pings().size()) channel.Pong(channel.pings()[answered++]);
    Advance(milliseconds(10));
  }
  EXPECT_LE(metrics.traffic_calls, 7) << "once a second";
  session.Stop(core::StopCause::kDeleted);
  const core::Traffic machine = session.Snapshot().traffic;
  EXPECT_EQ(metrics.traffic.bytes_in, machine.bytes_in);
  EXPECT_EQ(metrics.traffic.bytes_out, machine.bytes_out);
  EXPECT_GT(machine.bytes_out, 50 * testing::SteppedChannel::kHeaderBytes);
  EXPECT_GT(machine.bytes_in, 100u);
}

TEST_F(SessionRunnerTest, CountsMessagesBothWays) {
  core::SharedSpec spec = Pinging();
  core::BeatSpec beat;
  beat.name = "hello";
  beat.send = *core::MessageTemplate::FromText("hello ${seq}");
  spec.beats.push_back(beat);
  SessionRunner& session = BeginOpen(spec);
  EXPECT_THAT(network.last().sent(), ElementsAre(Pair(core::FrameKind::kText, "hello 1")));
  network.last().Message(core::FrameKind::kText, "a word");
  network.last().Message(core::FrameKind::kText, "and another");
  session.Stop(core::StopCause::kDeleted);
  EXPECT_EQ(metrics.traffic.messages_in, 2u);
  EXPECT_EQ(metrics.traffic.messages_out, 1u);
  EXPECT_EQ(session.Snapshot().traffic.messages_in, 2u);
  EXPECT_EQ(session.Snapshot().traffic.messages_out, 1u);
}

TEST_F(SessionRunnerTest, SamplesTheKernelsRoundTripSeldom) {
  core::SharedSpec spec = Pinging();
  spec.protocol.cadence.interval = milliseconds(100);
  spec.protocol.cadence.timeout = milliseconds(100);
  SessionRunner& session = Begin(spec);
  loop->Poll();
  testing::SteppedChannel& channel = network.last();
  channel.set_link({.write_blocked = false,
                    .unacked_bytes = false,
                    .tcp_rtt = core::TcpRtt{.min = milliseconds(1), .smoothed = milliseconds(2)}});
  channel.Open();
  EXPECT_THAT(metrics.tcp_rtts, SizeIs(1));
  ASSERT_TRUE(session.Snapshot().tcp_rtt);
  EXPECT_EQ(session.Snapshot().tcp_rtt->min, milliseconds(1));
  for (size_t answered = 0; answered < 220;) {
    while (answered < channel.pings().size()) channel.Pong(channel.pings()[answered++]);
    Advance(milliseconds(10));
  }
  EXPECT_EQ(channel.link_calls(), 3) << "at open, then every ten seconds";
}

// Faults of our own.

TEST_F(SessionRunnerTest, AnExceptionOfADialCostsTheAttempt) {
  network.set_dial_throws(true);
  SessionRunner& session = Begin();
  loop->Poll();
  EXPECT_EQ(operations.exceptions, 1);
  EXPECT_EQ(StateOf(session), State::kBackoff);
  EXPECT_EQ(session.Snapshot().reason, Reason::kLocalResource);
  EXPECT_EQ(governor.load().in_flight, 0u);
  network.set_dial_throws(false);
  Advance(seconds(5));
  EXPECT_EQ(network.dials(), 1u);
}

TEST_F(SessionRunnerTest, AnExceptionOfAnObserverCostsTheConnectionOnly) {
  SessionRunner& session = Begin();
  SessionRunner& neighbour = Begin();
  loop->Poll();
  network.channel(1).Open();
  registry.throw_on_transition = true;
  network.channel(0).Open();
  EXPECT_EQ(operations.exceptions, 2) << "the open failed, and so did telling of its end";
  registry.throw_on_transition = false;
  EXPECT_EQ(StateOf(session), State::kBackoff);
  EXPECT_EQ(StateOf(neighbour), State::kOpen);
  Advance(seconds(5));
  EXPECT_EQ(network.dials(), 3u) << "it comes back by itself";
}

TEST_F(SessionRunnerTest, WorksWithoutObservers) {
  const auto session = std::make_shared<SessionRunner>(
      7, loop.get(), core::SessionSpec{"ws://peer.example/", std::make_shared<core::SharedSpec>(Pinging())},
      clock.Now(), nullptr, nullptr);
  session->Begin(session);
  loop->Poll();
  network.last().Open();
  network.last().Pong("1");
  EXPECT_EQ(HealthOf(*session), Health::kHealthy);
  session->Stop(core::StopCause::kDeleted);
}

class OneAtATime : public LoopFixture {
 protected:
  OneAtATime() : LoopFixture({.in_flight = 1}) {}
};

TEST_F(OneAtATime, ASessionThatIsDeletedWhileItWaitsGivesItsPlaceUp) {
  Begin();
  SessionRunner& second = Begin();
  Begin({Pinging()}, "ws://third.example/");
  loop->Poll();
  EXPECT_EQ(network.dials(), 1u);
  EXPECT_EQ(governor.load().waiting, 2u);
  second.Stop(core::StopCause::kDeleted);
  EXPECT_EQ(governor.load().waiting, 1u);
  EXPECT_EQ(sessions[1].use_count(), 1) << "the governor has let go of it";
  network.channel(0).Fail(Reason::kConnectRefused);
  loop->Poll();
  ASSERT_EQ(network.dials(), 2u);
  EXPECT_EQ(network.last().url(), "ws://third.example/");
}

TEST_F(OneAtATime, AnOpenConnectionMakesRoomForTheNextAttempt) {
  Begin();
  Begin();
  loop->Poll();
  EXPECT_EQ(network.dials(), 1u);
  network.channel(0).Open();
  loop->Poll();
  EXPECT_EQ(network.dials(), 2u);
}

TEST_F(SessionRunnerTest, PauseGivesUpTheTurnTheAttemptAndTheConnection) {
  for (const int steps : {0, 1, 2}) {
    SessionRunner& session = Begin();
    const size_t dials = network.dials();
    if (steps > 0) loop->Poll();
    if (steps > 1) network.last().Open();
    session.Update({.url = "ws://peer.example/", .shared = Shared(), .paused = true}, &metrics);
    loop->Poll();
    EXPECT_EQ(StateOf(session), State::kPaused) << steps;
    EXPECT_EQ(network.dials(), dials + (steps > 0 ? 1 : 0)) << "a turn that was in the mail is handed back";
    EXPECT_EQ(governor.load().in_flight, 0u) << steps;
    EXPECT_EQ(governor.load().waiting, 0u) << steps;
    Advance(seconds(100));
    EXPECT_EQ(StateOf(session), State::kPaused) << steps;
  }
}

TEST_F(SessionRunnerTest, APlannedReconnectComesByItself) {
  SessionRunner& session = BeginOpen();
  network.last().Pong("1");
  session.Reconnect(seconds(3));
  Advance(seconds(3) - milliseconds(1));
  EXPECT_EQ(network.dials(), 1u);
  Advance(milliseconds(2));
  EXPECT_EQ(network.dials(), 2u);
  EXPECT_EQ(StateOf(session), State::kConnecting);
}

TEST_F(SessionRunnerTest, MetricsHearOfAPause) {
  SessionRunner& session = BeginOpen();
  network.last().Pong("1");
  session.Update({.url = "ws://peer.example/", .shared = Shared(), .paused = true}, &metrics);
  EXPECT_EQ(metrics.transitions.back().state, State::kPaused);
  session.Update({"ws://peer.example/", Shared()}, &metrics);
  EXPECT_EQ(metrics.transitions.back().state, State::kConnecting);
  EXPECT_EQ(registry.transitions.size(), metrics.transitions.size());
}

// What a tap sees, a word a frame.
class FrameWords final : public FrameObserver {
 public:
  void OnFrame(const core::Frame& frame) override {
    constexpr const char* types[] = {"", "text", "binary", "ping", "pong", "close"};
    words.push_back(fmt::format("{} {} {}", frame.direction == core::FrameDirection::kIn ? "in" : "out",
                                types[static_cast<size_t>(frame.type)], frame.payload));
  }
  void OnSessionGone() override { words.emplace_back("gone"); }

  std::vector<std::string> words;
};

TEST_F(SessionRunnerTest, TellsTheFramesOfItsConnections) {
  SessionRunner& session = BeginOpen();
  const auto frames = std::make_shared<FrameWords>();
  session.Watch(10, frames);
  EXPECT_THAT(frames->words, ElementsAre("out ping 1")) << "of before";
  network.last().Pong("1");
  network.last().Ping("are you there");
  network.last().Message(core::FrameKind::kText, "news");
  network.last().Close(1001);
  session.Stop(core::StopCause::kDeleted);
  EXPECT_THAT(frames->words, ElementsAre("out ping 1", "in pong 1", "in ping are you there", "out pong are you there",
                                         "in text news", ::testing::StartsWith("in close \x03\xe9"), "gone"));
}

TEST_F(SessionRunnerTest, TellsItsFarewellAndThatItIsGone) {
  SessionRunner& session = BeginOpen();
  const auto frames = std::make_shared<FrameWords>();
  session.Watch(0, frames);
  session.Stop(core::StopCause::kDeleted);
  ASSERT_THAT(frames->words, SizeIs(2));
  EXPECT_THAT(frames->words[0], ::testing::StartsWith("out close \x03\xe8"));
  network.last().EndLinger();
  const auto late = std::make_shared<FrameWords>();
  session.Watch(10, late);
  EXPECT_THAT(late->words, ElementsAre("gone"));
}

}  // namespace
}  // namespace holter::engine
