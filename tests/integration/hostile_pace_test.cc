// Peers that set the pace, and mean harm by it: intervals without measure, questions and beats without end.
#include <fmt/format.h>

#include <algorithm>

#include "tests/integration/hostile_peer.h"

namespace holter::integration {
namespace {

using holter::testing::MisbehavingPeer;
using holter::testing::Opcode;
using holter::testing::PeerConnection;
using holter::testing::Script;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

using HostilePaceTest = HostilePeerTest;

// An interval that the peer names in its hello: 0 and 1e300 are clamped, what is no number fails the open script.
TEST_F(HostilePaceTest, IntervalsOfThePeerAreClampedOrRefused) {
  const auto hello = [](const std::string& every) -> Script {
    return [every](PeerConnection& connection) {
      if (connection.Upgrade() && connection.SendFrame(Opcode::kText, "{\"every\":" + every + "}")) {
        connection.ServeWell();
      }
    };
  };
  constexpr char kNegotiated[] = R"({"protocolHeartbeat": {"mode": "MODE_OFF"},
      "open": [{"await": {"prefix": "{"}, "capture": {"every": {"pointer": "/every", "unit": "ms"}}}],
      "beats": [{"name": "b", "interval": "${every}", "timeout": "2s", "send": {"text": "b"}, "expect": {"text": "b"}}]})";
  const MisbehavingPeer zero(hello("0"));
  const MisbehavingPeer huge(hello("1e300"));
  const MisbehavingPeer negative(hello("-1"));
  const MisbehavingPeer word(hello("\"abc\""));
  const auto begin = steady_clock::now();
  Declare("zero", zero.url(), kNegotiated);
  Declare("huge", huge.url(), kNegotiated);
  Declare("negative", negative.url(), kNegotiated);
  Declare("word", word.url(), kNegotiated);
  for (const char* const id : {"zero", "huge"}) {
    EXPECT_TRUE(Await([&] { return StatusOf(id).health() == v1::HEALTH_HEALTHY; })) << id;
  }
  AwaitLosses("negative", 5, v1::REASON_OPEN_SCRIPT);
  AwaitLosses("word", 5, v1::REASON_OPEN_SCRIPT);
  ASSERT_TRUE(Await([&] { return StatusOf("zero").beats(0).acked() >= 20; }));
  const int64_t sent = StatusOf("zero").beats(0).sent();
  EXPECT_LE(sent, (steady_clock::now() - begin) / milliseconds(50) + 2) << "one in 50 ms";
  EXPECT_EQ(StatusOf("huge").beats(0).sent(), 1) << "one a day";
  ExpectCost(milliseconds(300), 4 * kMebibyte);
}

// 0 switches a beat off where the spec says so; a peer that does it a thousand times a second gains nothing.
TEST_F(HostilePaceTest, ABeatThatIsTurnedOffAndOnAllTheTimeIsSentAsOftenAsDeclared) {
  std::atomic<bool> done = false;
  const MisbehavingPeer peer(SaysAThousandASecond(
      2000, [](int i) { return fmt::format("{{\"every\":{}}}", i % 2); }, done));
  const auto begin = steady_clock::now();
  Declare("switched", peer.url(),
          fmt::format(R"({{{}, "capture": [{{"values": {{"every": {{"pointer": "/every",
      "unit": "ms"}}}}}}], "beats": [{{"name": "b", "interval": "50ms if ${{every}}", "timeout": "5s",
      "send": {{"text": "b"}}}}]}})",
                      kWatched));
  ASSERT_TRUE(Await([&] { return done.load(); }));
  const v1::SessionStatus status = StatusOf("switched");
  EXPECT_EQ(status.health(), v1::HEALTH_HEALTHY) << status.ShortDebugString();
  EXPECT_GE(status.beats(0).sent(), 5);
  EXPECT_LE(status.beats(0).sent(), (steady_clock::now() - begin) / milliseconds(50) + 2);
  ExpectCost(milliseconds(400), 4 * kMebibyte);
}

// The peer sends back whatever it hears, and what it hears is a question.
TEST_F(HostilePaceTest, AResponderThatIsFedWithItsOwnAnswersIsLeft) {
  const MisbehavingPeer peer([](PeerConnection& connection) {
    if (connection.Upgrade() && connection.SendFrame(Opcode::kText, "ping")) connection.ServeWell();
  });
  constexpr char kAnswers[] = R"("answers": [{"when": {"prefix": "ping"}, "send": {"echo": {}}}])";
  Declare("default", peer.url(), fmt::format("{{{}}}", kAnswers));
  Declare("declared", peer.url(), fmt::format(R"({{{}, "limits": {{"sendsPerMinute": 100}}}})", kAnswers));
  AwaitLosses("declared", 3, v1::REASON_SEND_BUDGET);
  AwaitLosses("default", 1, v1::REASON_SEND_BUDGET);
  EXPECT_GE(StatusOf("default").traffic().messages_out(), 6000);
  ExpectCost(milliseconds(600), 4 * kMebibyte);
}

// What is watched, and what is answered.
TEST_F(HostilePaceTest, AThousandBeatsASecondAreHeard) {
  constexpr int kBeats = 2000;
  std::atomic<bool> heard = false;
  std::atomic<bool> asked = false;
  const MisbehavingPeer beats(SaysAThousandASecond(
      kBeats, [](int) { return "beat"; }, heard));
  const MisbehavingPeer asks(SaysAThousandASecond(
      kBeats, [](int i) { return fmt::format("ping {}", i); }, asked));
  Declare("beats", beats.url(), fmt::format("{{{}}}", kWatched));
  Declare("asks", asks.url(),
          fmt::format(R"({{{}, "answers": [{{"when": {{"prefix": "ping "}}, "send": {{"echo": {{}}}}}}]}})", kWatched));
  ASSERT_TRUE(Await([&] { return heard && asked; }));
  for (const char* const id : {"beats", "asks"}) {
    EXPECT_EQ(StatusOf(id).health(), v1::HEALTH_HEALTHY) << id;
    EXPECT_EQ(TransitionsOf(id).size(), 2u) << id;
  }
  EXPECT_TRUE(Await([&] { return StatusOf("asks").traffic().messages_out() == kBeats; }));
  ExpectCost(milliseconds(800), 4 * kMebibyte);
}

// A counter that is right, and wrong, and right: that is told, but not a thousand times a second.
TEST_F(HostilePaceTest, HealthDoesNotChangeAsOftenAsThePeerSpeaks) {
  std::atomic<bool> done = false;
  const MisbehavingPeer peer(SaysAThousandASecond(
      2000, [](int i) { return fmt::format("{{\"n\":{}}}", i + i / 2); }, done));
  const auto begin = steady_clock::now();
  Declare("counts", peer.url(), R"({"protocolHeartbeat": {"mode": "MODE_OFF"}, "watchdogs": [{"name": "n",
      "when": {"anything": true}, "within": "10s", "check": [{"value": {"pointer": "/n"}, "step": 1}]}]})");
  ASSERT_TRUE(Await([&] { return done && StatusOf("counts").health() == v1::HEALTH_HEALTHY; })) << "in the end";
  const std::vector<v1::SessionStatus> transitions = TransitionsOf("counts");
  EXPECT_GE(transitions.size(), 20u);
  EXPECT_LE(transitions.size(), 20u * static_cast<size_t>((steady_clock::now() - begin) / seconds(1) + 2));
  EXPECT_EQ(StatusOf("counts").reconnects(), 0);
  EXPECT_TRUE(std::any_of(transitions.begin(), transitions.end(), [](const v1::SessionStatus& status) {
    return status.health() == v1::HEALTH_DEGRADED && status.reason() == v1::REASON_WATCHDOG;
  }));
  ExpectCost(milliseconds(500), 4 * kMebibyte);
}

}  // namespace
}  // namespace holter::integration
