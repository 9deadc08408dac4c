// Peers that are there and say nothing.
#include <algorithm>

#include "tests/behaviour/fixture.h"

namespace holter::testing {
namespace {

using core::Health;
using core::Reason;
using core::State;
using core::Transition;
using Transitions = RecordingObserver::Transitions;

bool IsLoss(const Transition& transition) {
  return transition.state == State::kBackoff && transition.from_state == State::kOpen;
}

size_t CountLosses(const Transitions& all) {
  return static_cast<size_t>(std::count_if(all.begin(), all.end(), IsLoss));
}

class SilenceTest : public BehaviourTest {
 protected:
  // Waits for that many losses of an open connection.
  bool WaitForLosses(size_t count) {
    return observer_.WaitFor([count](const Transitions& all) { return CountLosses(all) >= count; }, kPatience);
  }

  static const Transition& Find(const Transitions& all, bool (*is)(const Transition&)) {
    return *std::find_if(all.begin(), all.end(), is);
  }
};

TEST_F(SilenceTest, SilentPeerIsDownWhenTheFirstBeatsTimeIsUp) {
  const MisbehavingPeer peer(scripts::Silent());
  Begin(peer.url());
  ASSERT_TRUE(WaitForLosses(1));

  const Transitions all = observer_.transitions();
  const Transition& opened = Find(all, [](const Transition& t) { return t.state == State::kOpen; });
  const Transition& lost = Find(all, IsLoss);
  // The first beat is due at open; not a byte comes in.
  EXPECT_NEAR(static_cast<double>((lost.at - opened.at).count()) / 1e6, 300, 50);
  EXPECT_EQ(opened.health, Health::kUnknown);
  EXPECT_EQ(lost.health, Health::kDown);
  EXPECT_EQ(lost.reason, Reason::kProtocolHeartbeat);
  EXPECT_EQ(lost.path, core::Path::kPeer);
}

TEST_F(SilenceTest, ZombieThatAcceptsEveryReconnectIsNeverHealthy) {
  const MisbehavingPeer peer(scripts::Silent());
  const auto session = Begin(peer.url());
  ASSERT_TRUE(WaitForLosses(4));
  bool was_down = false;
  for (const Transition& transition : observer_.transitions()) {
    EXPECT_NE(transition.health, Health::kHealthy);
    EXPECT_TRUE(!was_down || transition.health == Health::kDown) << "DOWN stays DOWN until an answer";
    was_down = was_down || transition.health == Health::kDown;
  }
  EXPECT_EQ(session->Snapshot().beats[0].counters.acked, 0u);
}

TEST_F(SilenceTest, DeadSessionIsGoneWithinTheCloseGrace) {
  const MisbehavingPeer peer(scripts::Silent());
  core::SharedSpec spec = QuickSpec();
  spec.reconnect.first_delay = spec.reconnect.max_delay = seconds(60);
  Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForLosses(1));
  const TimePoint down = SystemClock().Now();
  while (Engine().capacity().open_files > 0 && SystemClock().Now() < down + seconds(5)) {
    std::this_thread::yield();
  }
  EXPECT_LT(SystemClock().Now() - down, milliseconds(300 + 50));
}

TEST_F(SilenceTest, DeadApplicationBehindALivingSocketShowsInTheVerdicts) {
  // Pongs come, answers of the application do not.
  const MisbehavingPeer peer([](PeerConnection& connection) {
    if (!connection.Upgrade()) {
      return;
    }
    while (const auto frame = connection.ReadFrame()) {
      if (frame->opcode == Opcode::kPing) {
        connection.SendFrame(Opcode::kPong, frame->payload);
      }
    }
  });
  core::SharedSpec spec = QuickSpec();
  spec.reconnect.first_delay = spec.reconnect.max_delay = seconds(60);
  spec.beats.push_back(AppBeat());
  const auto session = Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForLosses(1));

  const core::SessionStatus status = session->Snapshot();
  EXPECT_EQ(status.reason, Reason::kAppHeartbeat);
  EXPECT_GT(status.beats[0].counters.acked, 0u);
  EXPECT_EQ(status.beats[1].counters.acked, 0u);
  EXPECT_EQ(status.beats[1].verdict, core::Verdict::kDead);
  for (const Transition& transition : observer_.transitions()) {
    EXPECT_NE(transition.health, Health::kHealthy);
  }
}

TEST_F(SilenceTest, PeerThatStopsReadingIsCaughtWhileWritesQueueUp) {
  const MisbehavingPeer peer(scripts::StopsReading());
  core::SharedSpec spec = QuickSpec();
  spec.protocol.active = false;
  // Eight beats of 4 KiB every 50 ms, far more than the peer takes.
  for (int i = 0; i < 8; ++i) {
    core::BeatSpec beat = AppBeat();
    beat.name = "bulk-" + std::to_string(i);
    beat.cadence = {.interval = milliseconds(50), .timeout = milliseconds(400)};
    beat.send = *core::MessageTemplate::FromText(std::string(4096, 'x'));
    spec.beats.push_back(std::move(beat));
  }
  const auto session = Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForLosses(1));
  const Transitions all = observer_.transitions();
  const Transition& opened = Find(all, [](const Transition& t) { return t.state == State::kOpen; });
  const Transition& lost = Find(all, IsLoss);
  EXPECT_NEAR(static_cast<double>((lost.at - opened.at).count()) / 1e6, 400, 50);
  EXPECT_TRUE(lost.reason == Reason::kAppHeartbeat || lost.reason == Reason::kWriteStalled);
}

TEST_F(SilenceTest, DrippingMessageIsLifeForThePolicyThatCountsBytes) {
  // 1 MiB over 1.6 s, and not a pong before its end.
  const MisbehavingPeer peer(scripts::Drips(size_t{1} << 20, 32, milliseconds(50)));
  core::SharedSpec spec = QuickSpec();
  spec.connect.max_message_bytes = size_t{2} << 20;
  spec.protocol.answer = core::PongRule::kAnyInbound;
  const auto session = Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForHealth(Health::kHealthy));
  while (session->Snapshot().traffic.messages_in == 0 && CountLosses(observer_.transitions()) == 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(CountLosses(observer_.transitions()), 0u);
  EXPECT_GE(session->Snapshot().traffic.bytes_in, uint64_t{1} << 20);
}

TEST_F(SilenceTest, DrippingMessageIsNoAnswerForThePolicyThatWantsTheEcho) {
  const MisbehavingPeer peer(scripts::Drips(size_t{1} << 20, 32, milliseconds(50)));
  core::SharedSpec spec = QuickSpec();
  spec.connect.max_message_bytes = size_t{2} << 20;
  Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForLosses(1));
  EXPECT_EQ(observer_.transitions().back().reason, Reason::kProtocolHeartbeat);
}

}  // namespace
}  // namespace holter::testing
