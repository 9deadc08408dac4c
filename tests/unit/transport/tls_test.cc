// TLS: who is trusted, what a failure is called, what is shared.
#include <gtest/gtest.h>

#include "tests/support/misbehaving_peer.h"
#include "tests/support/test_certificates.h"
#include "tests/unit/transport/channel_fixture.h"
#include "transport/tls_context.h"

namespace holter::transport {
namespace {

using core::DialFailure;
using core::FrameKind;
using core::Phase;
using core::Reason;
using Manner = core::DropAction::Manner;
using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ClosePayload;
using testing::EncodeFrame;
using testing::MisbehavingPeer;
using testing::Opcode;
using testing::PeerConnection;
using testing::TestAuthority;
using testing::TestCertificateSpec;
using testing::TestIdentity;
namespace scripts = testing::scripts;

class TlsTest : public ChannelTest {
 protected:
  TlsTest() {
    secrets.values["tls/ca"] = authority.certificate();
    spec.connect.tls.ca_secret = "tls/ca";
  }

  DialFailure FailAgainst(const TestIdentity& identity) {
    MisbehavingPeer peer(scripts::EchoPongs(), identity);
    return DialUntilFailed(peer.url());
  }

  TestAuthority authority;
};

TEST_F(TlsTest, OpensBeatsAndCloses) {
  MisbehavingPeer peer(scripts::EchoPongs(), authority.Issue({.valid_until = hours(48)}));
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  EXPECT_EQ(observer.phases, (std::vector<Phase>{Phase::kDns, Phase::kConnect, Phase::kTls, Phase::kUpgrade}));
  ASSERT_TRUE(observer.opened->tls_expiry.has_value());
  EXPECT_NEAR(std::chrono::duration<double>(*observer.opened->tls_expiry - SystemClock().WallNow()).count(),
              48.0 * 3600, 60);
  channel->Ping("x");
  channel->Send(FrameKind::kText, std::string(100'000, 'y'));
  ASSERT_TRUE(RunUntil([&] { return observer.pongs.size() == 1 && observer.messages.size() == 1; }));
  EXPECT_EQ(observer.messages[0].second, std::string(100'000, 'y'));
  EXPECT_GT(channel->TakeBytesWritten(), 100'000U);
  EXPECT_GT(observer.bytes, 100'000U);
  channel->Release(Manner::kPolite, 1000, "");
  ASSERT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
}

TEST_F(TlsTest, SelfSignedIsUntrusted) {
  const TestAuthority other;
  const DialFailure failure = FailAgainst(other.Issue());
  EXPECT_EQ(failure.reason, Reason::kTlsUntrusted) << failure.detail;
  EXPECT_EQ(observer.phases, (std::vector<Phase>{Phase::kDns, Phase::kConnect}));
}

TEST_F(TlsTest, SystemAuthoritiesDoNotKnowOurs) {
  spec.connect.tls.ca_secret = "";
  EXPECT_EQ(FailAgainst(authority.Issue()).reason, Reason::kTlsUntrusted);
}

TEST_F(TlsTest, Expired) {
  EXPECT_EQ(FailAgainst(authority.Issue({.valid_from = hours(-2), .valid_until = hours(-1)})).reason,
            Reason::kTlsExpired);
}

TEST_F(TlsTest, NotYetValid) {
  EXPECT_EQ(FailAgainst(authority.Issue({.valid_from = hours(1), .valid_until = hours(2)})).reason,
            Reason::kTlsExpired);
}

TEST_F(TlsTest, WrongAddress) {
  EXPECT_EQ(FailAgainst(authority.Issue({.names = {"localhost"}, .addresses = {"127.0.0.2"}})).reason,
            Reason::kTlsName);
}

TEST_F(TlsTest, WrongName) {
  MisbehavingPeer peer(scripts::EchoPongs(), authority.Issue({.names = {"example.test"}, .addresses = {}}));
  EXPECT_EQ(DialUntilFailed("wss://localhost:" + std::to_string(peer.port()) + "/").reason, Reason::kTlsName);
}

TEST_F(TlsTest, NameOfTheUrlIsExpected) {
  MisbehavingPeer peer(scripts::EchoPongs(), authority.Issue({.names = {"localhost"}, .addresses = {}}));
  EXPECT_TRUE(DialUntilOpen("wss://localhost:" + std::to_string(peer.port()) + "/"));
}

TEST_F(TlsTest, DeclaredServerNameIsExpectedInstead) {
  spec.connect.tls.server_name = "feed.example.test";
  MisbehavingPeer peer(scripts::EchoPongs(), authority.Issue({.names = {"*.example.test"}, .addresses = {}}));
  EXPECT_TRUE(DialUntilOpen(peer.url()));
}

TEST_F(TlsTest, VerificationCanBeSwitchedOff) {
  spec.connect.tls = {.insecure_skip_verify = true};
  const TestAuthority other;
  MisbehavingPeer peer(scripts::EchoPongs(),
                       other.Issue({.names = {"else.test"}, .addresses = {}, .valid_until = hours(-1)}));
  EXPECT_TRUE(DialUntilOpen(peer.url()));
}

TEST_F(TlsTest, ClientCertificate) {
  const TestIdentity client = authority.Issue({.names = {"client"}, .addresses = {}});
  MisbehavingPeer peer(scripts::EchoPongs(), authority.Issue(), authority.certificate());
  secrets.values["tls/cert"] = client.certificate;
  secrets.values["tls/key"] = client.key;
  spec.connect.tls.client_cert_secret = "tls/cert";
  spec.connect.tls.client_key_secret = "tls/key";
  EXPECT_TRUE(DialUntilOpen(peer.url()));
}

// With TLS 1.3 the peer's refusal comes after our handshake is done.
TEST_F(TlsTest, MissingClientCertificate) {
  MisbehavingPeer peer(scripts::EchoPongs(), authority.Issue(), authority.certificate());
  const DialFailure failure = DialUntilFailed(peer.url());
  EXPECT_EQ(failure.reason, Reason::kTlsOther) << failure.detail;
}

TEST_F(TlsTest, SecretsThatAreMissingOrUnusable) {
  MisbehavingPeer peer(scripts::EchoPongs(), authority.Issue());
  const TestIdentity client = authority.Issue();
  secrets.values["tls/junk"] = "canary";
  secrets.values["tls/cert"] = client.certificate;
  secrets.values["tls/other-key"] = authority.Issue().key;
  const core::TlsSpec specs[] = {
      {.ca_secret = "tls/none"},
      {.ca_secret = "tls/junk"},
      {.ca_secret = "tls/ca", .client_cert_secret = "tls/junk", .client_key_secret = "tls/other-key"},
      {.ca_secret = "tls/ca", .client_cert_secret = "tls/cert", .client_key_secret = "tls/junk"},
      {.ca_secret = "tls/ca", .client_cert_secret = "tls/cert", .client_key_secret = "tls/other-key"},
  };
  for (const core::TlsSpec& tls : specs) {
    observer = {};
    spec.connect.tls = tls;
    const DialFailure failure = DialUntilFailed(peer.url());
    EXPECT_EQ(failure.reason, Reason::kSecret);
    EXPECT_NE(failure.detail.find("tls/"), std::string::npos) << failure.detail;
    EXPECT_EQ(failure.detail.find("canary"), std::string::npos) << failure.detail;
  }
}

TEST_F(TlsTest, ARotatedAuthorityIsSeenByTheNextDial) {
  const TestAuthority next;
  MisbehavingPeer peer(scripts::EchoPongs(), next.Issue());
  EXPECT_EQ(DialUntilFailed(peer.url()).reason, Reason::kTlsUntrusted);
  observer = {};
  secrets.values["tls/ca"] = next.certificate();
  EXPECT_TRUE(DialUntilOpen(peer.url()));
}

TEST_F(TlsTest, PeerEndsDuringTheHandshake) {
  MisbehavingPeer peer([](PeerConnection&) {});
  EXPECT_EQ(DialUntilFailed("wss://127.0.0.1:" + std::to_string(peer.port()) + "/").reason, Reason::kTlsOther);
}

TEST_F(TlsTest, PeerSpeaksNoTls) {
  MisbehavingPeer peer([](PeerConnection& connection) {
    connection.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.AwaitEnd();
  });
  EXPECT_EQ(DialUntilFailed("wss://127.0.0.1:" + std::to_string(peer.port()) + "/").reason, Reason::kTlsOther);
}

// A TLS shutdown waits for the peer's close_notify; without our timer for ever.
TEST_F(TlsTest, CloseWithoutCloseNotifyEndsByOurTimer) {
  spec.connect.timeouts.close = milliseconds(100);
  MisbehavingPeer peer(
      [](PeerConnection& connection) {
        connection.Upgrade();
        connection.ReadFrame();
        connection.SendFrame(Opcode::kClose, ClosePayload(1000));
        connection.Hold();
      },
      authority.Issue());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  channel->Release(Manner::kPolite, 1000, "");
  EXPECT_TRUE(RunUntil([&] { return factory->open_files() == 0; }));
}

TEST_F(TlsTest, PeersCloseFrameThenTruncation) {
  MisbehavingPeer peer(
      [](PeerConnection& connection) {
        connection.Upgrade();
        connection.SendFrame(Opcode::kClose, ClosePayload(1012));
      },
      authority.Issue());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kPeerClosed);
  EXPECT_EQ(observer.closed->code, 1012);
}

TEST_F(TlsTest, TruncationWithoutCloseFrame) {
  MisbehavingPeer peer([](PeerConnection& connection) { connection.Upgrade(); }, authority.Issue());
  ASSERT_TRUE(DialUntilOpen(peer.url()));
  ASSERT_TRUE(RunUntil([&] { return observer.closed.has_value(); }));
  EXPECT_EQ(observer.closed->reason, Reason::kPeerReset) << observer.closed->detail;
}

TEST_F(TlsTest, StatusBehindTls) {
  MisbehavingPeer peer(scripts::Answers("HTTP/1.1 403 Forbidden\r\n\r\n"), authority.Issue());
  EXPECT_EQ(DialUntilFailed(peer.url()).http_status, 403);
}

TEST(TlsContextCacheTest, EqualSpecsShareOneContextUntilASecretChanges) {
  MapSecretSource secrets;
  const TestAuthority authority;
  secrets.values["tls/ca"] = authority.certificate();
  TlsContextCache cache(&secrets);
  const core::TlsSpec one{.ca_secret = "tls/ca", .server_name = "a"};
  const core::TlsSpec same{.ca_secret = "tls/ca", .server_name = "b"};
  const core::TlsSpec stricter{.ca_secret = "tls/ca", .min_version = core::TlsVersion::kTls13};
  const auto first = cache.Get(one);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, *cache.Get(same));
  EXPECT_NE(*first, *cache.Get(stricter));
  const TestAuthority next;
  secrets.values["tls/ca"] = next.certificate();
  const auto rotated = cache.Get(one);
  ASSERT_TRUE(rotated.ok());
  EXPECT_NE(*first, *rotated);
  EXPECT_EQ(*rotated, *cache.Get(same));
}

TEST(TlsContextCacheTest, ManySpecsDoNotGrowItWithoutEnd) {
  MapSecretSource secrets;
  TlsContextCache cache(&secrets);
  const TestAuthority authority;
  std::vector<std::weak_ptr<boost::asio::ssl::context>> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string reference = "tls/ca" + std::to_string(i);
    secrets.values[reference] = authority.certificate();
    const auto context = cache.Get({.ca_secret = reference});
    ASSERT_TRUE(context.ok());
    seen.emplace_back(*context);
  }
  const auto alive = std::count_if(seen.begin(), seen.end(), [](const auto& context) { return !context.expired(); });
  EXPECT_LE(alive, 64);
}

}  // namespace
}  // namespace holter::transport
