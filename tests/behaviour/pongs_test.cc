// Pongs that are not the answer, each counted as what it is.
#include "tests/behaviour/fixture.h"

namespace holter::testing {
namespace {

using core::BeatCounters;
using core::Health;

class PongsTest : public BehaviourTest {
 protected:
  // Runs until `enough` holds of the protocol heartbeat's counters.
  BeatCounters RunUntil(const engine::SessionHandle& session, bool (*enough)(const BeatCounters&)) {
    const TimePoint end = SystemClock().Now() + kPatience;
    BeatCounters counters;
    do {
      counters = session->Snapshot().beats[0].counters;
      std::this_thread::yield();
    } while (!enough(counters) && SystemClock().Now() < end);
    EXPECT_TRUE(enough(counters));
    return counters;
  }
};

TEST_F(PongsTest, EmptyPongIsForeignAndNoLifeForTheStrictRule) {
  const MisbehavingPeer peer(scripts::PongsInstead({""}));
  const auto session = Begin(peer.url());
  const BeatCounters counters = RunUntil(session, [](const BeatCounters& c) { return c.missed > 0; });
  EXPECT_GT(counters.foreign, 0u);
  EXPECT_EQ(counters.acked, 0u);
}

TEST_F(PongsTest, EmptyPongIsLifeForTheLenientRule) {
  const MisbehavingPeer peer(scripts::PongsInstead({""}));
  core::SharedSpec spec = QuickSpec();
  spec.protocol.answer = core::PongRule::kAnyPong;
  const auto session = Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForHealth(Health::kHealthy));
  const BeatCounters counters = RunUntil(session, [](const BeatCounters& c) { return c.acked >= 3; });
  EXPECT_EQ(counters.missed, 0u);
}

TEST_F(PongsTest, ForeignPongIsCountedAndHarmless) {
  const MisbehavingPeer peer([](PeerConnection& connection) {
    if (!connection.Upgrade()) {
      return;
    }
    while (const auto frame = connection.ReadFrame()) {
      connection.SendFrame(Opcode::kPong, "not yours");
      connection.SendFrame(Opcode::kPong, frame->payload);
    }
  });
  const auto session = Begin(peer.url());
  ASSERT_TRUE(WaitForHealth(Health::kHealthy));
  RunUntil(session, [](const BeatCounters& c) { return c.foreign >= 2 && c.acked >= 2; });
}

TEST_F(PongsTest, RepeatedPongIsADuplicate) {
  const MisbehavingPeer peer([](PeerConnection& connection) {
    if (!connection.Upgrade()) {
      return;
    }
    while (const auto frame = connection.ReadFrame()) {
      connection.SendFrame(Opcode::kPong, frame->payload);
      connection.SendFrame(Opcode::kPong, frame->payload);
    }
  });
  const auto session = Begin(peer.url());
  const BeatCounters counters = RunUntil(session, [](const BeatCounters& c) { return c.duplicate >= 3; });
  EXPECT_EQ(counters.missed, 0u);
}

TEST_F(PongsTest, LatePongIsLateAndKeepsNobodyAlive) {
  const MisbehavingPeer peer(scripts::SlowPongs(milliseconds(250)));
  core::SharedSpec spec = QuickSpec();
  spec.protocol.cadence = {.interval = seconds(2), .timeout = milliseconds(100), .misses_allowed = 3};
  const auto session = Begin(peer.url(), std::move(spec));
  RunUntil(session, [](const BeatCounters& c) { return c.late >= 1; });
  const core::SessionStatus status = session->Snapshot();
  EXPECT_EQ(status.beats[0].counters.acked, 0u);
  EXPECT_NE(status.health, Health::kHealthy);
}

TEST_F(PongsTest, UnsolicitedPongIsCountedAndNeedsNoReply) {
  const MisbehavingPeer peer([](PeerConnection& connection) {
    if (!connection.Upgrade()) {
      return;
    }
    for (int i = 0; i < 3; ++i) {
      connection.SendFrame(Opcode::kPong, "");
    }
    connection.ServeWell();
  });
  core::SharedSpec spec = QuickSpec();
  spec.protocol.cadence.first_delay = milliseconds(200);
  const auto session = Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForHealth(Health::kHealthy));
  EXPECT_EQ(session->Snapshot().beats[0].counters.unsolicited, 3u);
}

}  // namespace
}  // namespace holter::testing
