// Answers amid much else.
#include "tests/behaviour/fixture.h"

namespace holter::testing {
namespace {

class NoiseTest : public BehaviourTest {};

// In two pieces, with a ping between them.
bool SendInPieces(PeerConnection& connection, const std::string& text) {
  const size_t half = text.size() / 2;
  return connection.SendFrame(Opcode::kText, text.substr(0, half), false) &&
         connection.SendFrame(Opcode::kPing, "between") &&
         connection.SendFrame(Opcode::kContinuation, text.substr(half), true);
}

TEST_F(NoiseTest, AnAnswerIsFoundBehindFiftyOtherMessages) {
  const MisbehavingPeer peer([](PeerConnection& connection) {
    if (!connection.Upgrade()) {
      return;
    }
    while (const auto frame = connection.ReadFrame()) {
      if (frame->opcode == Opcode::kPing) connection.SendFrame(Opcode::kPong, frame->payload);
      if (frame->opcode != Opcode::kText) continue;
      for (int i = 0; i < 50; ++i) SendInPieces(connection, "tick " + std::to_string(i));
      SendInPieces(connection, "pong");
    }
  });
  core::SharedSpec spec = QuickSpec();
  spec.protocol.cadence.timeout = seconds(10);
  spec.beats.push_back(AppBeat());
  spec.beats.back().cadence.timeout = seconds(10);
  const auto session = Begin(peer.url(), std::move(spec));
  ASSERT_TRUE(WaitForHealth(core::Health::kHealthy));
  const TimePoint end = SystemClock().Now() + kPatience;
  while (session->Snapshot().beats[1].counters.acked < 5 && SystemClock().Now() < end) {
    std::this_thread::yield();
  }
  const core::BeatCounters counters = session->Snapshot().beats[1].counters;
  EXPECT_GE(counters.acked, 5u);
  EXPECT_EQ(counters.missed, 0u);
  EXPECT_EQ(counters.unsolicited + counters.duplicate + counters.foreign, 0u) << "the others are answers to nothing";
  EXPECT_EQ(observer_.transitions().back().state, core::State::kOpen);
}

}  // namespace
}  // namespace holter::testing
