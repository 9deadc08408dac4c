// Probing a peer and tapping a session, over the wire, with peers of others.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>
#include <vector>

#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"
#include "tests/support/misbehaving_peer.h"

namespace holter::integration {
namespace {

using holter::testing::MisbehavingPeer;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Frame = v1::TapSessionResponse::Frame;
namespace scripts = holter::testing::scripts;

class ProbeTest : public EndToEndTest {
 protected:
  void Start() {
    StartDaemon();
    stub_ = v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
  }
  static std::unique_ptr<grpc::ClientContext> NewContext() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + kPatience);
    return context;
  }
  static v1::ProbeSessionRequest RequestFor(const std::string& url) {
    v1::ProbeSessionRequest request;
    request.set_parent("tenants/default");
    request.mutable_duration()->set_seconds(1);
    v1::SessionSpec& spec = *request.mutable_spec();
    spec.set_url(url);
    spec.mutable_protocol_heartbeat()->set_interval("100ms");
    spec.mutable_protocol_heartbeat()->set_timeout("300ms");
    return request;
  }
  std::vector<v1::ProbeSessionResponse> Probe(const v1::ProbeSessionRequest& request) {
    const auto context = NewContext();
    const auto reader = stub_->ProbeSession(context.get(), request);
    std::vector<v1::ProbeSessionResponse> told;
    v1::ProbeSessionResponse event;
    while (reader->Read(&event)) told.push_back(event);
    const grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return told;
  }
  size_t Count() { return client->List("tenants/-")->size(); }

  std::unique_ptr<v1::SessionService::Stub> stub_;
};

TEST_F(ProbeTest, ALivingPeerIsMeasuredAndForgotten) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  Start();
  const auto told = Probe(RequestFor(peer.Url()));
  std::vector<std::string> phases;
  int acked = 0;
  int openings = 0;
  for (const v1::ProbeSessionResponse& event : told) {
    if (event.has_phase()) phases.push_back(event.phase().phase());
    if (event.has_opening()) {
      ++openings;
      EXPECT_THAT(event.opening().peer_address(), ::testing::StartsWith("127.0.0.1:"));
    }
    acked += event.beat().kind() == v1::ProbeSessionResponse::BeatEvent::KIND_ACKED ? 1 : 0;
  }
  EXPECT_THAT(phases, Contains("connect"));
  EXPECT_THAT(phases, Contains("upgrade"));
  EXPECT_EQ(openings, 1);
  EXPECT_GE(acked, 5);
  ASSERT_TRUE(told.back().has_summary());
  const v1::ProbeSummary& summary = told.back().summary();
  EXPECT_EQ(summary.status().health(), v1::HEALTH_HEALTHY);
  ASSERT_THAT(summary.rtts(), SizeIs(1));
  EXPECT_EQ(summary.rtts(0).name(), "protocol");
  EXPECT_GE(summary.rtts(0).samples(), 5);
  EXPECT_LE(summary.rtts(0).p50().nanos(), summary.rtts(0).max().nanos());
  EXPECT_EQ(Count(), 0u);
  EXPECT_TRUE(Await([&] { return Largest("holter_open_files") == 0; })) << "the connection is gone with the probe";
}

TEST_F(ProbeTest, ASilentPeerIsNoErrorOfTheCall) {
  const MisbehavingPeer peer(scripts::Silent());
  Start();
  const auto told = Probe(RequestFor(peer.url()));
  ASSERT_TRUE(told.back().has_summary());
  EXPECT_EQ(told.back().summary().status().reason(), v1::REASON_PROTOCOL_HEARTBEAT);
  EXPECT_EQ(told.back().summary().status().health(), v1::HEALTH_DOWN);
  EXPECT_THAT(told.back().summary().rtts(), IsEmpty());
}

TEST_F(ProbeTest, EndsWithItsClientAndWithTheDaemon) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  Start();
  v1::ProbeSessionRequest request = RequestFor(peer.Url());
  request.mutable_duration()->set_seconds(300);
  const auto context = NewContext();
  const auto reader = stub_->ProbeSession(context.get(), request);
  v1::ProbeSessionResponse event;
  ASSERT_TRUE(reader->Read(&event));
  ASSERT_TRUE(Await([&] { return Largest("holter_open_files") == 1; }));
  context->TryCancel();
  reader->Finish();
  EXPECT_TRUE(Await([&] { return Largest("holter_open_files") == 0; }));

  const auto second = NewContext();
  const auto last = stub_->ProbeSession(second.get(), request);
  ASSERT_TRUE(last->Read(&event));
  daemon->process().Signal(SIGTERM);
  while (last->Read(&event)) {
  }
  EXPECT_EQ(last->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto ended = daemon->process().Wait(kPatience);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->code, 0);
}

TEST_F(ProbeTest, ATapShowsWhatCrossesTheWire) {
  const Peer peer(PeerKind::kNode, scratch, nullptr);
  Start();
  Declare("feed", peer.Url());
  AwaitHealthy("feed", 3);
  const auto context = NewContext();
  v1::TapSessionRequest request;
  request.set_name(NameOf("feed"));
  request.set_max_recent(1000);
  const auto reader = stub_->TapSession(context.get(), request);
  std::vector<Frame> frames;
  v1::TapSessionResponse response;
  const auto has = [&](Frame::Direction direction, Frame::Kind kind) {
    return std::any_of(frames.begin(), frames.end(), [&](const Frame& frame) {
      return frame.direction() == direction && frame.kind() == kind && !frame.payload().empty();
    });
  };
  while (frames.size() < 40 && reader->Read(&response)) {
    frames.insert(frames.end(), response.frames().begin(), response.frames().end());
  }
  EXPECT_TRUE(has(Frame::DIRECTION_OUT, Frame::KIND_PING));
  EXPECT_TRUE(has(Frame::DIRECTION_IN, Frame::KIND_PONG));
  EXPECT_TRUE(has(Frame::DIRECTION_OUT, Frame::KIND_TEXT));
  EXPECT_TRUE(has(Frame::DIRECTION_IN, Frame::KIND_TEXT));
  EXPECT_TRUE(std::is_sorted(frames.begin(), frames.end(),
                             [](const Frame& a, const Frame& b) { return ToTime(a.time()) < ToTime(b.time()); }));

  ASSERT_TRUE(client->Delete(NameOf("feed")).ok());
  while (reader->Read(&response)) {
    frames.insert(frames.end(), response.frames().begin(), response.frames().end());
  }
  EXPECT_EQ(frames.back().kind(), Frame::KIND_CLOSE);
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace holter::integration
