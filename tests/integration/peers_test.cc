// Sessions with peers that nobody here wrote: alive through many beats, killed, frozen, restarted.
#include <fmt/format.h>

#include <tuple>

#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using std::chrono::milliseconds;

// A machine that is busy with something else may be late by this much; never early.
constexpr milliseconds kLateness{500};

class PeersTest : public EndToEndTest, public testing::WithParamInterface<std::tuple<PeerKind, bool>> {
 protected:
  void SetUp() override {
    const auto [kind, tls] = GetParam();
    if (tls) certificates_ = std::make_unique<Certificates>(scratch);
    peer_ = std::make_unique<Peer>(kind, scratch, certificates_.get());
    StartDaemon(certificates_.get());
    recorder_ = std::make_unique<ChangeRecorder>(*client);
    Declare("feed", peer_->Url(), tls);
    AwaitHealthy("feed", 5);
  }

  v1::SessionChange AwaitDown(SystemTime since) const {
    return recorder_->Await(NameOf("feed"), since,
                            [](const v1::SessionStatus& status) { return status.health() == v1::HEALTH_DOWN; });
  }
  v1::SessionChange AwaitUp(SystemTime since) const {
    return recorder_->Await(NameOf("feed"), since,
                            [](const v1::SessionStatus& status) { return status.health() == v1::HEALTH_HEALTHY; });
  }

  std::unique_ptr<Certificates> certificates_;
  std::unique_ptr<Peer> peer_;
  std::unique_ptr<ChangeRecorder> recorder_;
};

TEST_P(PeersTest, StaysHealthyThroughManyBeats) {
  AwaitHealthy("feed", 50);
  const v1::SessionStatus status = StatusOf("feed");
  EXPECT_EQ(status.state(), v1::STATE_OPEN);
  EXPECT_EQ(status.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_EQ(status.reconnects(), 0);
  ASSERT_EQ(status.beats_size(), 2);
  EXPECT_EQ(status.beats(0).name(), "protocol");
  EXPECT_EQ(status.beats(1).name(), "op-ping");
  for (const v1::BeatStatus& beat : status.beats()) {
    EXPECT_EQ(beat.missed(), 0) << beat.name();
    EXPECT_EQ(beat.foreign() + beat.duplicate() + beat.unsolicited(), 0) << beat.name();
    EXPECT_TRUE(beat.has_last_rtt()) << beat.name();
  }
  EXPECT_TRUE(status.has_tcp_rtt());
  EXPECT_EQ(status.has_tls_expiry_time(), certificates_ != nullptr);
  EXPECT_GE(status.traffic().messages_in(), 50);
  EXPECT_GT(status.traffic().bytes_out(), 0);
}

TEST_P(PeersTest, AKilledPeerIsFoundOutAtOnceAndComesBackByItself) {
  const SystemTime killed = std::chrono::system_clock::now();
  peer_->Kill();
  const v1::SessionChange down = AwaitDown(killed);
  EXPECT_EQ(down.session().status().reason(), v1::REASON_PEER_RESET) << down.DebugString();
  EXPECT_LE(ToTime(down.time()) - killed, kLateness);
  recorder_->Await(NameOf("feed"), killed,
                   [](const v1::SessionStatus& status) { return status.reason() == v1::REASON_CONNECT_REFUSED; });
  const SystemTime restarted = std::chrono::system_clock::now();
  peer_->Restart();
  AwaitUp(restarted);
  EXPECT_GE(StatusOf("feed").reconnects(), 1);
}

TEST_P(PeersTest, AFrozenPeerIsDownWhenItsAnswerIsDueAndComesBackByItself) {
  const SystemTime frozen = std::chrono::system_clock::now();
  peer_->Freeze();
  const v1::SessionChange down = AwaitDown(frozen);
  const v1::SessionStatus& status = down.session().status();
  EXPECT_TRUE(status.reason() == v1::REASON_PROTOCOL_HEARTBEAT || status.reason() == v1::REASON_APP_HEARTBEAT)
      << down.DebugString();
  EXPECT_EQ(status.path(), v1::PATH_PEER) << "its kernel goes on acknowledging: " << down.DebugString();
  const auto after = ToTime(down.time()) - frozen;
  // A beat that was answered just before may have been due at most one interval earlier.
  EXPECT_GE(after, kTimeout - kInterval);
  EXPECT_LE(after, kInterval + kTimeout + kLateness);
  const SystemTime thawed = std::chrono::system_clock::now();
  peer_->Thaw();
  AwaitUp(thawed);
}

TEST_P(PeersTest, AFrozenPeerIsNeverHealthyInBetween) {
  const SystemTime frozen = std::chrono::system_clock::now();
  peer_->Freeze();
  const SystemTime down = ToTime(AwaitDown(frozen).time());
  // Its kernel accepts connections still, and nobody answers the upgrade. Two attempts come and go.
  SystemTime last = down;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const v1::SessionChange failed =
        recorder_->Await(NameOf("feed"), last + std::chrono::nanoseconds(1),
                         [&](const v1::SessionStatus& status) { return status.state() == v1::STATE_BACKOFF; });
    const v1::Reason expected = certificates_ ? v1::REASON_TLS_TIMEOUT : v1::REASON_UPGRADE_TIMEOUT;
    EXPECT_EQ(failed.session().status().reason(), expected) << failed.DebugString();
    last = ToTime(failed.time());
  }
  for (const v1::SessionChange& change : recorder_->Of(NameOf("feed"))) {
    if (ToTime(change.time()) < down) continue;
    EXPECT_EQ(change.session().status().health(), v1::HEALTH_DOWN) << change.DebugString();
  }
}

std::string NameOfCase(const testing::TestParamInfo<std::tuple<PeerKind, bool>>& info) {
  const auto [kind, tls] = info.param;
  return fmt::format("{}{}", kind == PeerKind::kPython ? "Python" : "Node", tls ? "Tls" : "Plain");
}

INSTANTIATE_TEST_SUITE_P(All, PeersTest,
                         testing::Combine(testing::Values(PeerKind::kPython, PeerKind::kNode), testing::Bool()),
                         NameOfCase);

class TlsTest : public EndToEndTest {};

TEST_F(TlsTest, APeerWhoseAuthorityIsNotGivenIsNotTrusted) {
  const Certificates certificates(scratch);
  const Peer peer(PeerKind::kPython, scratch, &certificates);
  StartDaemon(&certificates);
  Declare("feed", peer.Url(), /*tls=*/false);  // the system's authorities, which do not know ours
  EXPECT_TRUE(Await([&] { return StatusOf("feed").reason() == v1::REASON_TLS_UNTRUSTED; }))
      << StatusOf("feed").DebugString();
  EXPECT_EQ(StatusOf("feed").health(), v1::HEALTH_DOWN);
}

}  // namespace
}  // namespace holter::integration
