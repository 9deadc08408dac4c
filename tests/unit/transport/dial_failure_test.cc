// Attempts that do not open: each ends with its own reason, in time, and says nothing it should not.
#include <gtest/gtest.h>

#include "tests/support/misbehaving_peer.h"
#include "tests/unit/transport/channel_fixture.h"

namespace holter::transport {
namespace {

using core::DialFailure;
using core::Phase;
using core::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EncodeFrame;
using testing::MisbehavingPeer;
using testing::Opcode;
using testing::PeerConnection;
namespace scripts = testing::scripts;

constexpr Duration kShort = milliseconds(80);

class DialFailureTest : public ChannelTest {
 protected:
  // A 101 answer that is good but for `change`.
  DialFailure DialChanged(const std::string& what, const std::string& with) {
    MisbehavingPeer peer([=](PeerConnection& connection) {
      std::string answer = PeerConnection::GoodAnswer(connection.ReadRequest());
      answer.replace(answer.find(what), what.size(), with);
      connection.Send(answer);
      connection.AwaitEnd();
    });
    return DialUntilFailed(peer.url());
  }

  DialFailure DialAnswering(const std::string& answer) {
    MisbehavingPeer peer(scripts::Answers(answer));
    return DialUntilFailed(peer.url());
  }
};

TEST_F(DialFailureTest, NobodyListens) {
  const DialFailure failure = DialUntilFailed("ws://127.0.0.1:1/");
  EXPECT_EQ(failure.reason, Reason::kConnectRefused);
  EXPECT_EQ(failure.detail, "127.0.0.1:1: Connection refused");
  EXPECT_EQ(observer.phases, std::vector<Phase>{Phase::kDns});
  EXPECT_EQ(factory->open_files(), 0U);
}

TEST_F(DialFailureTest, GuardForbidsTheAddress) {
  MakeFactory("", false);
  MisbehavingPeer peer(scripts::EchoPongs());
  const DialFailure failure = DialUntilFailed(peer.url());
  EXPECT_EQ(failure.reason, Reason::kEgressDenied);
  EXPECT_NE(failure.detail.find("127.0.0.0/8"), std::string::npos) << failure.detail;
  EXPECT_EQ(peer.connections(), 0);
}

// The name is allowed by nobody; the addresses behind it are judged.
TEST_F(DialFailureTest, GuardForbidsTheAddressesBehindAName) {
  MakeFactory("", false);
  EXPECT_EQ(DialUntilFailed("ws://localhost:1/").reason, Reason::kEgressDenied);
}

TEST_F(DialFailureTest, StatusWithRetryAfterInSeconds) {
  const DialFailure failure =
      DialAnswering("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(failure.reason, Reason::kUpgradeStatus);
  EXPECT_EQ(failure.http_status, 503);
  EXPECT_EQ(failure.retry_after, seconds(17));
}

TEST_F(DialFailureTest, MalformedRetryAfterIsIgnored) {
  const DialFailure failure = DialAnswering("HTTP/1.1 429 No\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(failure.http_status, 429);
  EXPECT_FALSE(failure.retry_after.has_value());
}

// Beast 1.81 reads the body before it says which status it was: without the tap on the stream this ends in a timeout.
TEST_F(DialFailureTest, StatusIsKnownBeforeABodyThatNeverComes) {
  const DialFailure failure = DialAnswering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_EQ(failure.reason, Reason::kUpgradeStatus);
  EXPECT_EQ(failure.http_status, 401);
}

TEST_F(DialFailureTest, RedirectIsNotFollowed) {
  const DialFailure failure = DialAnswering("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n");
  EXPECT_EQ(failure.http_status, 302);
  EXPECT_EQ(failure.detail, "HTTP status 302");
}

TEST_F(DialFailureTest, WhatThePeerSaysDoesNotGetIntoTheDetail) {
  const DialFailure failure =
      DialAnswering("HTTP/1.1 500 canary-reason\r\nX-Canary: canary-header\r\nContent-Length: 11\r\n\r\ncanary-body");
  EXPECT_EQ(failure.http_status, 500);
  EXPECT_EQ(failure.detail.find("canary"), std::string::npos) << failure.detail;
}

TEST_F(DialFailureTest, EndlessHeadIsCutOff) {
  MisbehavingPeer peer(scripts::EndlessHead());
  EXPECT_EQ(DialUntilFailed(peer.url()).reason, Reason::kUpgradeInvalid);
}

TEST_F(DialFailureTest, EndlessLineIsCutOff) {
  EXPECT_EQ(DialAnswering("HTTP/1.1 101 Switching Protocols\r\nX-Long: " + std::string(100000, 'x')).reason,
            Reason::kUpgradeInvalid);
}

TEST_F(DialFailureTest, NotHttp) {
  EXPECT_EQ(DialAnswering("SSH-2.0-OpenSSH_9\r\n\r\n").reason, Reason::kUpgradeInvalid);
}

TEST_F(DialFailureTest, EachFlawOfAnAnswerHasItsOwnDetail) {
  const std::pair<const char*, const char*> flaws[] = {
      {"Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: A"},
      {"Sec-WebSocket-Accept: ", "X-Accept: "},
      {"Upgrade: websocket\r\n", ""},
      {"Upgrade: websocket\r\n", "Upgrade: h2c\r\n"},
      {"Connection: Upgrade\r\n", ""},
      {"Connection: Upgrade\r\n", "Connection: close\r\n"},
      {"Connection: Upgrade\r\n", "Connection: Upgrade\r\nSec-WebSocket-Protocol: surprise\r\n"},
      {"Connection: Upgrade\r\n", "Connection: Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"},
  };
  std::vector<std::string> details;
  for (const auto& [what, with] : flaws) {
    observer = {};
    const DialFailure failure = DialChanged(what, with);
    EXPECT_EQ(failure.reason, Reason::kUpgradeInvalid) << with;
    EXPECT_EQ(std::count(details.begin(), details.end(), failure.detail), 0) << failure.detail;
    details.push_back(failure.detail);
  }
}

TEST_F(DialFailureTest, SubprotocolsThatDoNotAgree) {
  spec.connect.subprotocols = {"v1", "v2"};
  for (const char* answer : {"", "Sec-WebSocket-Protocol: v3\r\n", "Sec-WebSocket-Protocol: v1, v2\r\n"}) {
    observer = {};
    MisbehavingPeer peer([=](PeerConnection& connection) {
      connection.Upgrade(answer);
      connection.AwaitEnd();
    });
    EXPECT_EQ(DialUntilFailed(peer.url()).reason, Reason::kUpgradeInvalid) << answer;
  }
}

TEST_F(DialFailureTest, PeerEndsInsteadOfAnswering) {
  MisbehavingPeer peer([](PeerConnection& connection) { connection.ReadRequest(); });
  EXPECT_EQ(DialUntilFailed(peer.url()).reason, Reason::kPeerReset);
}

TEST_F(DialFailureTest, UpgradeDeadline) {
  spec.connect.timeouts.upgrade = kShort;
  MisbehavingPeer peer(scripts::NeverUpgrades());
  EXPECT_EQ(DialUntilFailed(peer.url()).reason, Reason::kUpgradeTimeout);
  EXPECT_EQ(observer.phases, (std::vector<Phase>{Phase::kDns, Phase::kConnect}));
  EXPECT_EQ(factory->open_files(), 0U);
}

TEST_F(DialFailureTest, UpgradeDeadlineCountsDrippingBytesAsNothing) {
  spec.connect.timeouts.upgrade = kShort;
  MisbehavingPeer peer([](PeerConnection& connection) {
    connection.ReadRequest();
    while (connection.Send("H") && connection.Pause(milliseconds(5))) {
    }
  });
  const Reason reason = DialUntilFailed(peer.url()).reason;
  EXPECT_TRUE(reason == Reason::kUpgradeTimeout || reason == Reason::kUpgradeInvalid) << core::Word(reason);
}

TEST_F(DialFailureTest, TlsDeadline) {
  spec.connect.timeouts.tls = kShort;
  MisbehavingPeer peer([](PeerConnection& connection) { connection.Hold(); });
  EXPECT_EQ(DialUntilFailed("wss://127.0.0.1:" + std::to_string(peer.port()) + "/").reason, Reason::kTlsTimeout);
  EXPECT_EQ(observer.phases, (std::vector<Phase>{Phase::kDns, Phase::kConnect}));
}

TEST_F(DialFailureTest, UnreadableSecretIsNamedAndNothingIsDialled) {
  MisbehavingPeer peer(scripts::EchoPongs());
  spec.connect.headers = {{"Authorization", "${secret:feed/missing}"}};
  const DialFailure failure = DialUntilFailed(peer.url());
  EXPECT_EQ(failure.reason, Reason::kSecret);
  EXPECT_NE(failure.detail.find("feed/missing"), std::string::npos);
  EXPECT_EQ(peer.connections(), 0);
}

// A line break in a secret would add headers of its own.
TEST_F(DialFailureTest, SecretWithLineBreakIsRefusedAndNotShown) {
  MisbehavingPeer peer(scripts::EchoPongs());
  secrets.values["feed/token"] = "canary\r\nHost: elsewhere";
  spec.connect.headers = {{"Authorization", "Bearer ${secret:feed/token}"}};
  const DialFailure failure = DialUntilFailed(peer.url());
  EXPECT_EQ(failure.reason, Reason::kSecret);
  EXPECT_EQ(failure.detail.find("canary"), std::string::npos);
  EXPECT_EQ(peer.connections(), 0);
}

// Beast 1.81 fails the handshake when more than 1536 bytes of frames follow a long head in one read; the small reads of
// the upgrade leave them in the kernel.
TEST_F(DialFailureTest, LongHeadWithManyFramesBehindOpens) {
  const std::string frame = EncodeFrame(Opcode::kText, std::string(1000, 'f'));
  MisbehavingPeer peer([&](PeerConnection& connection) {
    const size_t size = 1000 + static_cast<size_t>(connection.index()) * 500;
    const std::string cookies = "Set-Cookie: " + std::string(size, 'c') + "\r\n";
    connection.Send(PeerConnection::GoodAnswer(connection.ReadRequest(), cookies) + frame + frame + frame + frame);
    connection.AwaitEnd();
  });
  for (int i = 0; i < 12; ++i) {
    observer = {};
    ASSERT_TRUE(DialUntilOpen(peer.url())) << i;
    ASSERT_TRUE(RunUntil([&] { return observer.messages.size() == 4; })) << i;
    EXPECT_EQ(observer.bytes, 4 * frame.size());
    channel.reset();
  }
}

}  // namespace
}  // namespace holter::transport
