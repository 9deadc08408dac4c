// A session is gone in under 100 ms in every phase, and an engine within its deadline.
#include <algorithm>
#include <vector>

#include "tests/behaviour/fixture.h"
#include "tests/support/mute_socket.h"

namespace holter::testing {
namespace {

using core::Health;
using core::State;

class StopTest : public BehaviourTest {
 protected:
  // The session ends well within the promise, and so does the engine afterwards.
  void ExpectQuickEnd(const engine::SessionHandle& session) {
    EXPECT_LT(End(session), milliseconds(100));
    const TimePoint begin = SystemClock().Now();
    while (Engine().capacity().open_files > 0 && SystemClock().Now() < begin + seconds(5)) {
      std::this_thread::yield();
    }
    EXPECT_LT(SystemClock().Now() - begin, milliseconds(300 + 100)) << "sockets outlive the close grace";
    EXPECT_EQ(Engine().capacity().sessions, 0u);
  }

  // Until the attempt has begun: what follows depends on a peer that never answers.
  void WaitForDial() {
    const TimePoint end = SystemClock().Now() + kPatience;
    while (Engine().capacity().dialing == 0 && SystemClock().Now() < end) {
      std::this_thread::yield();
    }
    ASSERT_EQ(Engine().capacity().dialing, 1u);
  }
};

TEST_F(StopTest, WhileResolving) {
  const MuteSocket dns(SOCK_DGRAM);
  dns_server_ = dns.address();
  const auto session = Begin("ws://feed.example.test/");
  WaitForDial();
  ExpectQuickEnd(session);
}

TEST_F(StopTest, WhileConnecting) {
  MuteSocket listener(SOCK_STREAM);
  listener.ListenFull();
  const auto session = Begin("ws://" + listener.address() + "/");
  WaitForDial();
  ExpectQuickEnd(session);
}

TEST_F(StopTest, DuringTheTlsHandshake) {
  const MisbehavingPeer peer(scripts::NeverUpgrades());
  const auto session = Begin("wss://127.0.0.1:" + std::to_string(peer.port()) + "/");
  WaitForDial();
  ExpectQuickEnd(session);
}

TEST_F(StopTest, DuringTheUpgrade) {
  const MisbehavingPeer peer(scripts::NeverUpgrades());
  const auto session = Begin(peer.url());
  WaitForDial();
  ExpectQuickEnd(session);
}

TEST_F(StopTest, WhileBackingOff) {
  const MuteSocket refused(SOCK_STREAM);
  core::SharedSpec spec = QuickSpec();
  spec.reconnect.first_delay = spec.reconnect.max_delay = seconds(60);
  const auto session = Begin("ws://" + refused.address() + "/", std::move(spec));
  ASSERT_TRUE(WaitForHealth(Health::kDown));
  EXPECT_EQ(session->Snapshot().state, State::kBackoff);
  EXPECT_EQ(session->Snapshot().reason, core::Reason::kConnectRefused);
  ExpectQuickEnd(session);
}

TEST_F(StopTest, WhileOpen) {
  const MisbehavingPeer peer(scripts::EchoPongs());
  const auto session = Begin(peer.url());
  ASSERT_TRUE(WaitForHealth(Health::kHealthy));
  ExpectQuickEnd(session);
}

TEST_F(StopTest, PeerThatNeverFinishesCloseHandshakesCostsNoDescriptor) {
  const MisbehavingPeer peer(scripts::NeverFinishesClose());
  std::vector<engine::SessionHandle> sessions;
  for (int i = 0; i < 20; ++i) {
    sessions.push_back(Begin(peer.url()));
  }
  ASSERT_TRUE(observer_.WaitFor(
      [](const RecordingObserver::Transitions& all) {
        return std::count_if(all.begin(), all.end(),
                             [](const core::Transition& t) { return t.health == Health::kHealthy; }) == 20;
      },
      kPatience));
  for (size_t i = 0; i + 1 < sessions.size(); ++i) {
    EXPECT_LT(End(sessions[i]), milliseconds(100));
  }
  ExpectQuickEnd(sessions.back());
}

TEST_F(StopTest, EngineSendsGoingAwayAndEndsWithinItsDeadline) {
  const MisbehavingPeer polite(scripts::EchoPongs());
  const MisbehavingPeer rude(scripts::NeverFinishesClose());
  const MisbehavingPeer mute(scripts::NeverUpgrades());
  core::SharedSpec patient = QuickSpec();
  patient.connect.timeouts.close = seconds(60);
  Begin(polite.url());
  Begin(rude.url(), patient);
  Begin(mute.url());
  ASSERT_TRUE(observer_.WaitFor(
      [](const RecordingObserver::Transitions& all) {
        return std::count_if(all.begin(), all.end(),
                             [](const core::Transition& t) { return t.health == Health::kHealthy; }) == 2;
      },
      kPatience));
  const TimePoint begin = SystemClock().Now();
  Engine().Shutdown(milliseconds(500));
  EXPECT_LT(SystemClock().Now() - begin, milliseconds(1000));
  for (const MisbehavingPeer* peer : {&polite, &rude}) {
    const std::vector<PeerFrame> frames = peer->frames();
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames.back().opcode, Opcode::kClose);
    EXPECT_EQ(frames.back().close_code(), 1001);
  }
}

TEST_F(StopTest, AcceptThenCloseDoesNotLoopHot) {
  const MisbehavingPeer peer(scripts::AcceptsThenCloses(1000));
  core::SharedSpec spec = QuickSpec();
  spec.reconnect.first_delay = milliseconds(100);
  spec.reconnect.max_delay = seconds(10);
  spec.reconnect.jitter = 0;
  const auto session = Begin(peer.url(), std::move(spec));
  // 100, 200, 400 ms: the fourth connection comes no sooner than 700 ms after the first.
  const TimePoint begin = SystemClock().Now();
  while (peer.connections() < 4 && SystemClock().Now() < begin + kPatience) {
    std::this_thread::yield();
  }
  EXPECT_GE(SystemClock().Now() - begin, milliseconds(690));
  EXPECT_EQ(session->Snapshot().last_close_code, 1000);
}

}  // namespace
}  // namespace holter::testing
