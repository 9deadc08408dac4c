// What the numbers of a fleet say of peers whose delays are known.
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"
#include "tests/support/misbehaving_peer.h"

namespace holter::integration {
namespace {

using google::protobuf::util::TimeUtil;
using holter::testing::MisbehavingPeer;
using std::chrono::milliseconds;
namespace scripts = holter::testing::scripts;

constexpr milliseconds kSlow{300};
constexpr milliseconds kSlower{700};

class SummaryTest : public EndToEndTest {
 protected:
  v1::FleetSummary Summarize(const std::string& filter = "") {
    const auto stub =
        v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    v1::GetFleetSummaryRequest request;
    request.set_parent("tenants/default");
    request.set_filter(filter);
    v1::FleetSummary summary;
    const grpc::Status status = stub->GetFleetSummary(&context, request, &summary);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return summary;
  }
  void Create(const std::string& id, const std::string& url, const std::string& group) {
    v1::Session session;
    session.set_name(NameOf(id));
    session.set_group(group);
    session.mutable_spec()->set_url(url);
    session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("2s");
    session.mutable_spec()->mutable_protocol_heartbeat()->set_timeout("5s");
    const auto created = client->Create(session);
    ASSERT_TRUE(created.ok()) << created.status();
  }
  static const v1::FleetSummary::LayerRtt* LayerOf(const v1::FleetSummary& summary, const std::string& layer) {
    for (const auto& rtt : summary.rtts()) {
      if (rtt.layer() == layer) return &rtt;
    }
    return nullptr;
  }
  static milliseconds ToTime(const google::protobuf::Duration& duration) {
    return milliseconds(TimeUtil::DurationToMilliseconds(duration));
  }

  MisbehavingPeer fast_{scripts::EchoPongs()};
  MisbehavingPeer slow_{scripts::SlowPongs(kSlow)};
  MisbehavingPeer slower_{scripts::SlowPongs(kSlower)};
};

// Of ten sessions six are fast, three slow and one slower.
TEST_F(SummaryTest, RoundTripsAreThoseOfThePeers) {
  StartDaemon();
  for (int i = 0; i < 6; ++i) Create(fmt::format("fast-{}", i), fast_.url(), "fast");
  for (int i = 0; i < 3; ++i) Create(fmt::format("slow-{}", i), slow_.url(), "slow");
  Create("slower", slower_.url(), "slow");
  const auto is_measured = [&] {
    const v1::FleetSummary summary = Summarize();
    const auto* const rtt = LayerOf(summary, "protocol");
    return rtt != nullptr && rtt->sessions() == 10;
  };
  ASSERT_TRUE(Await(is_measured)) << Summarize().DebugString();
  // A busy machine makes a round trip longer, now and then; a peer that waits never makes it shorter.
  v1::FleetSummary::LayerRtt rtt;
  EXPECT_TRUE(Await([&] {
    rtt = *LayerOf(Summarize(), "protocol");
    return ToTime(rtt.p50()) < kSlow && ToTime(rtt.p90()) < kSlower && ToTime(rtt.p99()) < 2 * kSlower;
  })) << rtt.DebugString();
  EXPECT_GE(ToTime(rtt.p90()), kSlow);
  EXPECT_GE(ToTime(rtt.p99()), kSlower) << "one in ten is slower than what is told of 99 in a hundred";
  EXPECT_EQ(rtt.p99().SerializeAsString(), rtt.max().SerializeAsString());
  const v1::FleetSummary summary = Summarize();
  EXPECT_EQ(summary.sessions(), 10);
  ASSERT_NE(LayerOf(summary, "tcp"), nullptr);
  EXPECT_EQ(LayerOf(summary, "tcp")->sessions(), 10);
  EXPECT_LT(ToTime(LayerOf(summary, "tcp")->p50()), kSlow) << "the network is not what is slow";
  EXPECT_EQ(LayerOf(summary, "app"), nullptr) << "nothing of the application was measured";
  const auto slow = Summarize("group = slow");
  ASSERT_NE(LayerOf(slow, "protocol"), nullptr);
  EXPECT_EQ(LayerOf(slow, "protocol")->sessions(), 4);
  EXPECT_GE(ToTime(LayerOf(slow, "protocol")->p50()), kSlow);
}

}  // namespace
}  // namespace holter::integration
