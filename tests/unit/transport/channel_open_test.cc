// A connection that goes well: dial, heartbeat, messages, close.
#include <gtest/gtest.h>

#include "tests/support/misbehaving_peer.h"
#include "tests/unit/transport/channel_fixture.h"

namespace holter::transport {
namespace {

using core::FrameKind;
using core::Phase;
using core::Reason;
using Manner = core::DropAction::Manner;
using testing::EncodeFrame;
using testing::MisbehavingPeer;
using testing::Opcode;
using testing::PeerConnection;
using testing::PeerFrame;
namespace scripts = testing::scripts;
using ChannelOpenTest = ChannelTest;

TEST_F(ChannelOpenTest, OpensPhaseByPhase) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  EXPECT_EQ(observer.phases, (std::vector<Phase>{Phase::kDns, Phase::kConnect, Phase::kUpgrade}));
  EXPECT_EQ(observer.opened->peer_address, "127.0.0.1:" + std::to_string(peer.port()));
  EXPECT_EQ(observer.opened->subprotocol, "");
  EXPECT_FALSE(observer.opened->tls_expiry.has_value());
  EXPECT_EQ(factory->open_files(), 1U);
  EXPECT_EQ(observer.bytes, 0U);
}

TEST_F(ChannelOpenTest, ResolvesLocalhostWithoutNetwork) {
  MakeFactory("127.0.0.1:9");  // nobody there
  MisbehavingPeer peer(scripts::EchoPongs());
  EXPECT_TRUE(DialUntilOpen("ws://localhost:" + std::to_string(peer.port()) + "/"));
}

TEST_F(ChannelOpenTest, SendsTheRequestThatWasDeclared) {
  MisbehavingPeer peer([](PeerConnection& connection) {
    connection.Upgrade("Sec-WebSocket-Protocol: v2\r\n");
    connection.ServeWell();
  });
  secrets.values["feed/token"] = "s3cret";
  spec.connect.headers = {{"Authorization", "Bearer ${secret:feed/token}"}, {"X-Twice", "1"}, {"X-Twice", "2"}};
  spec.connect.subprotocols = {"v1", "v2"};
  ASSERT_TRUE(DialUntilOpen(peer.url() + "stream?channel=7"));
  EXPECT_EQ(observer.opened->subprotocol, "v2");
  const std::string request = peer.requests().at(0);
  EXPECT_TRUE(request.starts_with("GET /stream?channel=7 HTTP/1.1\r\n")) << request;
  for (const std::string& line :
       {"Host: 127.0.0.1:" + std::to_string(peer.port()), std::string("Connection: Upgrade"),
        std::string("Authorization: Bearer s3cret"), std::string("X-Twice: 1"), std::string("X-Twice: 2"),
        std::string("User-Agent: holter/test"), std::string("Sec-WebSocket-Protocol: v1, v2")}) {
    EXPECT_NE(request.find("\r\n" + line + "\r\n"), std::string::npos) << line << " in " << request;
  }
}

TEST_F(ChannelOpenTest, PingsComeBackAndBytesAreCounted) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  observer.deaf = true;
  for (int seq = 1; seq <= 5; ++seq) {
    channel->Ping(std::to_string(seq));  // Beast takes one at a time; the others wait in a queue
  }
  observer.deaf = false;
  ASSERT_TRUE(RunUntil([&] { return observer.pongs.size() == 5; }));
  EXPECT_EQ(observer.pongs, (std::vector<std::string>{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(observer.bytes, 5U * 3U);
  EXPECT_EQ(channel->TakeBytesWritten(), 5U * 7U);
  EXPECT_EQ(channel->TakeBytesWritten(), 0U);
}

// The owner asks once more when it hears of the end.
TEST_F(ChannelOpenTest, BytesWrittenLastAreCountedAfterTheEnd) {
  for (const bool says_so : {false, true}) {
    MisbehavingPeer peer([says_so](PeerConnection& connection) {
      connection.Upgrade();
      connection.ReadFrame();
      says_so ? static_cast<void>(connection.SendFrame(Opcode::kClose, "")) : connection.Reset();
    });
    observer = {};
    ASSERT_TRUE(DialUntilOpen(peer.url()));
    channel->Ping("1");
    ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
    EXPECT_GE(channel->TakeBytesWritten(), 7U) << says_so;
  }
}

TEST_F(ChannelOpenTest, AnUpgradeThatFailsWritesNoWebSocketBytes) {
  MisbehavingPeer peer(scripts::Answers("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
  DialUntilFailed(peer.url());
  EXPECT_EQ(channel->TakeBytesWritten(), 0U);
}

TEST_F(ChannelOpenTest, MessagesOfAllSizesComeBackWhole) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  // Around the inline buffer, the length forms, Beast's buffer and the fragments of a long message.
  const std::vector<size_t> sizes = {0,    1,    125,  126,  127,  128,   129,   300,
                                     1535, 1536, 1537, 4096, 4097, 65535, 65536, 300000};
  for (const size_t size : sizes) {
    std::string payload(size, 'a');
    for (size_t i = 0; i < size; ++i) {
      payload[i] = static_cast<char>('a' + i % 23);
    }
    channel->Send(size % 2 == 0 ? FrameKind::kText : FrameKind::kBinary, payload);
    channel->Ping("between");
  }
  ASSERT_TRUE(
      RunUntil([&] { return observer.messages.size() == sizes.size() && observer.pongs.size() == sizes.size(); }));
  for (size_t i = 0; i < sizes.size(); ++i) {
    ASSERT_EQ(observer.messages[i].second.size(), sizes[i]);
    EXPECT_EQ(observer.messages[i].first, sizes[i] % 2 == 0 ? FrameKind::kText : FrameKind::kBinary);
    for (size_t at = 0; at < sizes[i]; ++at) {
      ASSERT_EQ(observer.messages[i].second[at], static_cast<char>('a' + at % 23)) << sizes[i] << " at " << at;
    }
  }
}

TEST_F(ChannelOpenTest, AShortMessageIsOneFrame) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  channel->Send(FrameKind::kText, std::string(900, 'x'));
  channel->Send(FrameKind::kText, "y");
  ASSERT_TRUE(RunUntil([&] { return observer.messages.size() == 2; }));
  const std::vector<PeerFrame> frames = peer.frames();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_TRUE(frames[0].fin && frames[0].masked);
  EXPECT_EQ(frames[0].payload.size(), 900U);
}

TEST_F(ChannelOpenTest, FragmentsWithControlFramesBetweenBecomeOneMessage) {
  MisbehavingPeer peer(
      scripts::SendsThenReads(EncodeFrame(Opcode::kText, "one ", false) + EncodeFrame(Opcode::kPing, "p") +
                              EncodeFrame(Opcode::kContinuation, "two ", false) + EncodeFrame(Opcode::kPong, "") +
                              EncodeFrame(Opcode::kContinuation, "three", true)));
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.messages.size() == 1; }));
  EXPECT_EQ(observer.messages[0].second, "one two three");
  EXPECT_EQ(observer.pings, std::vector<std::string>{"p"});
  EXPECT_EQ(observer.pongs, std::vector<std::string>{""});
  ASSERT_TRUE(RunUntil([&] { return !peer.frames().empty(); }));
  EXPECT_EQ(peer.frames()[0].opcode, Opcode::kPong);
  EXPECT_EQ(peer.frames()[0].payload, "p");
}

// Frames that share a segment with the upgrade's answer are neither lost nor uncounted.
TEST_F(ChannelOpenTest, FramesRightBehindTheUpgrade) {
  const std::string hello = EncodeFrame(Opcode::kText, "hello");
  MisbehavingPeer peer([&](PeerConnection& connection) {
    connection.Send(PeerConnection::GoodAnswer(connection.ReadRequest()) + hello);
    connection.AwaitEnd();
  });
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.messages.size() == 1; }));
  EXPECT_EQ(observer.messages[0].second, "hello");
  EXPECT_EQ(observer.bytes, hello.size());
}

TEST_F(ChannelOpenTest, PoliteReleaseSendsTheCodeAndWaitsForThePeer) {
  MisbehavingPeer peer(scripts::EchoPongs());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  observer.deaf = true;  // nothing is heard of a released channel
  channel->Release(Manner::kPolite, 1001, "shutdown");
  channel.reset();
  EXPECT_EQ(factory->open_files(), 1U);
  ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  ASSERT_EQ(peer.frames().size(), 1U);
  EXPECT_EQ(peer.frames()[0].close_code(), 1001);
  EXPECT_EQ(peer.frames()[0].payload.substr(2), "shutdown");
}

TEST_F(ChannelOpenTest, FarewellIsSentAndNotWaitedFor) {
  MisbehavingPeer peer(scripts::NeverFinishesClose());
  spec.connect.timeouts.close = std::chrono::hours(1);
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  observer.deaf = true;
  channel->Release(Manner::kFarewell, 4000, "dead");
  io.restart();
  io.poll();
  EXPECT_EQ(factory->open_files(), 0U);
  ASSERT_TRUE(RunUntil([&] { return !peer.frames().empty(); }));
  EXPECT_EQ(peer.frames()[0].close_code(), 4000);
}

TEST_F(ChannelOpenTest, ThePeersCloseIsReportedWithItsCode) {
  MisbehavingPeer peer(scripts::AcceptsThenCloses(4321));
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kPeerClosed);
  EXPECT_EQ(observer.closed->code, 4321);
  EXPECT_EQ(observer.closed->detail, "go away");
  ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  ASSERT_EQ(peer.frames().size(), 1U);
  EXPECT_EQ(peer.frames()[0].close_code(), 4321);
}

TEST_F(ChannelOpenTest, ThePeersCloseIsAnsweredThoughTheOwnerLetsGoAtOnce) {
  MisbehavingPeer peer(scripts::AcceptsThenCloses(4321));
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  channel.reset();
  ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
  ASSERT_EQ(peer.frames().size(), 1U);
  EXPECT_EQ(peer.frames()[0].close_code(), 4321);
}

TEST_F(ChannelOpenTest, WordsOfAPeerThatWasSentASecretAreNotRepeated) {
  secrets.values["feed/token"] = "go away";
  spec.connect.headers = {{"Authorization", "Bearer ${secret:feed/token}"}};
  MisbehavingPeer peer(scripts::AcceptsThenCloses(4321));
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->code, 4321);
  EXPECT_EQ(observer.closed->detail.find("go away"), std::string::npos) << observer.closed->detail;
}

TEST_F(ChannelOpenTest, VariablesOfTheDialStandInTheUrlAndInHeaders) {
  MisbehavingPeer peer(scripts::EchoPongs());
  spec.connect.headers = {{"X-Id", "<${uuid}> ${hex_id}"}, {"X-Else", "${seq} ${nothing}"}};
  core::BeatVariables drawn;
  drawn.unix_ns = 1'700'000'000'123'456'789;
  drawn.uuid[15] = 7;
  drawn.hex_id = 0xabc;
  channel = factory->Dial({.url = peer.url() + "a?t=${unix_ms}&s=${unix_s}&at=${iso_time}&id=${uuid}",
                           .shared = std::make_shared<core::SharedSpec>(spec),
                           .drawn = drawn},
                          &observer);
  ASSERT_TRUE(RunUntil([&] { return observer.opened.has_value(); }));
  const std::string request = peer.requests().at(0);
  const std::string uuid = "00000000-0000-0000-0000-000000000007";
  EXPECT_TRUE(
      request.starts_with("GET /a?t=1700000000123&s=1700000000&at=2023-11-14T22%3A13%3A20.123Z&id=" + uuid + " "))
      << request;
  EXPECT_NE(request.find("\r\nX-Id: <" + uuid + "> 0000000000000abc\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("\r\nX-Else: ${seq} ${nothing}\r\n"), std::string::npos) << request;
}

}  // namespace
}  // namespace holter::transport
