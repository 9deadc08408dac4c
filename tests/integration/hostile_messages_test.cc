// Messages that mean harm: what they cost holterd is bounded, their own session says by name what is wrong with it, and
// sessions beside it do not feel them.
#include <fmt/format.h>
#include <zlib.h>

#include "tests/integration/hostile_peer.h"

namespace holter::integration {
namespace {

using holter::testing::EncodeFrame;
using holter::testing::MisbehavingPeer;
using holter::testing::Opcode;
using holter::testing::PeerConnection;
using std::chrono::milliseconds;
namespace scripts = holter::testing::scripts;

using HostileMessagesTest = HostilePeerTest;

std::string Packed(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

// 64 MiB in 64 KiB. Each connection hears one; nothing is unpacked beyond limits.message_bytes, which is a MiB here.
TEST_F(HostileMessagesTest, AGzipBombIsUnpackedUpToTheBoundOfMessages) {
  const std::string bomb = Packed(std::string(64 * kMebibyte, ' '), 31);
  const MisbehavingPeer peer(scripts::SendsThenReads(EncodeFrame(Opcode::kBinary, bomb)));
  Declare("bomb", peer.url(), fmt::format(R"({{{}, "decode": [{{"decompress": "COMPRESSION_GZIP"}}]}})", kWatched));
  AwaitLosses("bomb", 8, v1::REASON_DECODE);
  ExpectCost(milliseconds(400), 8 * kMebibyte);
}

// As many as a server can say that stays below the bound.
TEST_F(HostileMessagesTest, BombsThatFitAreUnpackedAndLeaveNothingBehind) {
  const std::string bomb = Packed(std::string(kMebibyte, '['), 31);
  std::atomic<bool> done = false;
  const MisbehavingPeer peer([&](PeerConnection& connection) {
    bool good = connection.Upgrade() && connection.SendFrame(Opcode::kText, "beat");
    for (int i = 0; good && i < 200; ++i) good = connection.SendFrame(Opcode::kBinary, bomb);
    connection.SendFrame(Opcode::kText, "beat");
    done = good;
    connection.AwaitEnd();
  });
  Declare("bombs", peer.url(),
          fmt::format(R"({{{}, "decode": [{{"decompress": "COMPRESSION_GZIP"}}],
      "capture": [{{"values": {{"op": {{"pointer": "/op"}}}}}}]}})",
                      kWatched));
  ASSERT_TRUE(Await([&] { return done && StatusOf("bombs").traffic().messages_in() == 202; }));
  EXPECT_EQ(StatusOf("bombs").health(), v1::HEALTH_HEALTHY);
  ExpectCost(milliseconds(2500), 12 * kMebibyte);
}

// As a message of its own, or as part of one that holds an answer.
TEST_F(HostileMessagesTest, JsonThatIsNestedTooDeepIsNoJsonToUs) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  std::atomic<bool> done = false;
  const MisbehavingPeer noisy(SaysAThousandASecond(
      1000, [&](int) { return deep; }, done));
  const MisbehavingPeer wrong([&](PeerConnection& connection) {
    if (!connection.Upgrade()) return;
    while (connection.ReadFrame() && connection.SendFrame(Opcode::kText, R"({"op":"pong","more":)" + deep + "}")) {
    }
  });
  Declare("noisy", noisy.url(),
          fmt::format(R"({{{}, "capture": [{{"values": {{"op": {{"pointer": "/0/0"}}}}}}],
      "answers": [{{"when": {{"json": [{{"pointer": "/0", "exists": true}}]}}, "send": {{"text": "answer"}}}}]}})",
                      kWatched));
  Declare("wrong", wrong.url(), R"({"protocolHeartbeat": {"mode": "MODE_OFF"},
      "beats": [{"name": "b", "interval": "100ms", "timeout": "100ms", "send": {"text": "ping"},
                 "expect": {"json": [{"pointer": "/op", "equals": "pong"}]}}]})");
  AwaitLosses("wrong", 3, v1::REASON_APP_HEARTBEAT);
  ASSERT_TRUE(Await([&] { return done.load(); }));
  EXPECT_EQ(StatusOf("noisy").health(), v1::HEALTH_HEALTHY);
  EXPECT_EQ(StatusOf("noisy").reconnects(), 0);
  EXPECT_EQ(StatusOf("noisy").traffic().messages_out(), 0) << "nothing in it is a question";
  ExpectCost(milliseconds(300), 4 * kMebibyte);
}

// 16 MiB of "[": in one frame, in fragments of one message, in messages, and beyond the bound of messages.
TEST_F(HostileMessagesTest, BracketsWithoutEndAreNoJson) {
  constexpr size_t kPiece = 1024;
  const std::string brackets(16 * kMebibyte, '[');
  std::string fragments = EncodeFrame(Opcode::kText, brackets.substr(0, kPiece), false);
  std::string messages;
  for (size_t at = 0; at < brackets.size(); at += kPiece) {
    const std::string piece = brackets.substr(at, kPiece);
    if (at > 0) fragments += EncodeFrame(Opcode::kContinuation, piece, at + kPiece == brackets.size());
    messages += EncodeFrame(Opcode::kText, piece);
  }
  std::string whole = EncodeFrame(Opcode::kText, brackets);
  const std::string beat = EncodeFrame(Opcode::kText, "beat");
  const std::string looks = R"("capture": [{"values": {"op": {"pointer": "/op"}}}])";
  std::vector<std::unique_ptr<MisbehavingPeer>> peers;
  for (const std::string* bytes : {&whole, &fragments, &messages}) {
    peers.push_back(std::make_unique<MisbehavingPeer>(scripts::SendsThenReads(beat + *bytes + beat)));
    const std::string id = fmt::format("brackets-{}", peers.size());
    const size_t count = 2 + (bytes == &messages ? brackets.size() / kPiece : 1);
    Declare(id, peers.back()->url(),
            fmt::format(R"({{{}, {}, "limits": {{"messageBytes": 16777216}}}})", kWatched, looks));
    ASSERT_TRUE(Await([&] { return StatusOf(id).traffic().messages_in() == static_cast<int64_t>(count); })) << id;
    EXPECT_EQ(StatusOf(id).health(), v1::HEALTH_HEALTHY);
    EXPECT_EQ(StatusOf(id).reconnects(), 0);
  }
  Declare("too-big", peers[0]->url(), fmt::format("{{{}, {}}}", kWatched, looks));
  AwaitLosses("too-big", 2, v1::REASON_MESSAGE_TOO_BIG);
  Declare("endless", peers[2]->url(),
          fmt::format(R"({{{}, {}, "decode": [{{"split": {{"delimiter": "\n",
      "acrossFrames": true}}}}]}})",
                      kWatched, looks));
  AwaitLosses("endless", 2, v1::REASON_DECODE);
  // A message that grows is copied into twice its room.
  ExpectCost(milliseconds(1700), 3 * brackets.size());
}

// In text it breaks RFC 6455; in binary frames it is what it is, and is no JSON.
TEST_F(HostileMessagesTest, TextThatIsNoUtf8EndsTheConnection) {
  const std::string bad = "{\"op\":\"\xC3\x28\xF8\xA1\xED\xA0\x80\"}";
  const std::string beat = EncodeFrame(Opcode::kText, "beat");
  const MisbehavingPeer text(scripts::SendsThenReads(beat + EncodeFrame(Opcode::kText, bad)));
  const MisbehavingPeer binary(scripts::SendsThenReads(beat + EncodeFrame(Opcode::kBinary, bad)));
  const std::string answers = R"("answers": [{"when": {"json": [{"pointer": "/op", "exists": true}]},
      "send": {"text": "${message:/op}"}}])";
  Declare("text", text.url(), fmt::format("{{{}, {}}}", kWatched, answers));
  Declare("binary", binary.url(), fmt::format("{{{}, {}}}", kWatched, answers));
  AwaitLosses("text", 3, v1::REASON_PROTOCOL_ERROR);
  ASSERT_TRUE(Await([&] { return StatusOf("binary").traffic().messages_in() == 2; }));
  EXPECT_EQ(StatusOf("binary").health(), v1::HEALTH_HEALTHY);
  EXPECT_EQ(StatusOf("binary").traffic().messages_out(), 0);
  ExpectCost(milliseconds(200), 4 * kMebibyte);
}

}  // namespace
}  // namespace holter::integration
