// The history of sessions, over the wire.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EventsTest : public EndToEndTest {
 protected:
  grpc::Status Call(const v1::ListSessionEventsRequest& request, v1::ListSessionEventsResponse& response) {
    const auto stub =
        v1::SessionService::NewStub(grpc::CreateChannel(daemon->grpc(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    return stub->ListSessionEvents(&context, request, &response);
  }
  std::vector<v1::SessionEvent> EventsOf(const std::string& id) {
    v1::ListSessionEventsRequest request;
    request.set_parent(NameOf(id));
    v1::ListSessionEventsResponse response;
    const grpc::Status status = Call(request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.events().begin(), response.events().end()};
  }
  void KillAndStart() {
    daemon->process().Signal(SIGKILL);
    ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
    daemon->Start();
    ASSERT_TRUE(Await([&] { return client->List("tenants/-").ok(); }));
  }
  std::string History() const { return scratch.path() + "/data/holter-events.db"; }
};

TEST_F(EventsTest, ALossIsToldAlsoAfterAKill) {
  Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  Declare("feed", peer.Url());
  Declare("other", peer.Url());
  AwaitHealthy("feed");
  peer.Kill();
  ASSERT_TRUE(Await([&] { return StatusOf("feed").health() == v1::HEALTH_DOWN; }));
  peer.Restart();
  AwaitHealthy("feed");
  const auto events = EventsOf("feed");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front().to_health(), v1::HEALTH_HEALTHY);
  EXPECT_TRUE(std::is_sorted(events.begin(), events.end(), [](const auto& a, const auto& b) {
    return ToTime(a.time()) > ToTime(b.time());
  })) << "the newest first";
  const auto loss = std::find_if(events.begin(), events.end(), [](const v1::SessionEvent& event) {
    return event.from_state() == v1::STATE_OPEN && event.to_state() == v1::STATE_BACKOFF;
  });
  ASSERT_NE(loss, events.end());
  EXPECT_EQ(loss->name(), NameOf("feed"));
  EXPECT_EQ(loss->uid(), client->Get(NameOf("feed"))->uid());
  EXPECT_EQ(loss->from_health(), v1::HEALTH_HEALTHY);
  EXPECT_EQ(loss->to_health(), v1::HEALTH_DOWN);
  EXPECT_NE(loss->reason(), v1::REASON_UNSPECIFIED);

  // Written a few times a second: the oldest are on disk since long.
  KillAndStart();
  const auto after = EventsOf("feed");
  ASSERT_FALSE(after.empty());
  EXPECT_EQ(after.back().SerializeAsString(), events.back().SerializeAsString());
  EXPECT_EQ(Largest("holter_session_events_dropped_total"), 0);
}

TEST_F(EventsTest, PagesOfATenant) {
  const Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  for (const char* id : {"a", "b", "c"}) Declare(id, peer.Url());
  for (const char* id : {"a", "b", "c"}) AwaitHealthy(id);
  v1::ListSessionEventsRequest request;
  request.set_parent(NameOf("-"));
  v1::ListSessionEventsResponse all;
  ASSERT_TRUE(Call(request, all).ok());
  ASSERT_GE(all.events_size(), 3);
  request.set_page_size(2);
  std::vector<std::string> paged;
  do {
    v1::ListSessionEventsResponse page;
    ASSERT_TRUE(Call(request, page).ok());
    EXPECT_LE(page.events_size(), 2);
    for (const auto& event : page.events()) paged.push_back(event.SerializeAsString());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  ASSERT_THAT(paged, SizeIs(static_cast<size_t>(all.events_size())));
  for (int i = 0; i < all.events_size(); ++i) {
    EXPECT_EQ(paged[static_cast<size_t>(i)], all.events(i).SerializeAsString());
  }
}

TEST_F(EventsTest, ErrorsNameTheFields) {
  StartDaemon();
  v1::ListSessionEventsRequest request;
  request.set_parent("tenants/-/sessions/-");
  request.set_page_token("x");
  v1::ListSessionEventsResponse response;
  const grpc::Status status = Call(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  for (const auto& detail : details.details()) {
    detail.UnpackTo(&info);
    detail.UnpackTo(&bad);
  }
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
  EXPECT_EQ(info.domain(), "holter.v1");
  ASSERT_THAT(bad.field_violations(), SizeIs(2));
  EXPECT_EQ(bad.field_violations(0).field(), "parent");
  EXPECT_EQ(bad.field_violations(1).field(), "page_token");
}

TEST_F(EventsTest, ADamagedHistoryKeepsNobodyFromStarting) {
  StartDaemon();
  Declare("feed", "ws://127.0.0.1:1/");
  ASSERT_TRUE(Await([&] { return !EventsOf("feed").empty(); }));
  daemon->process().Signal(SIGTERM);
  ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  scratch.Write("data/holter-events.db", std::string(10000, 'x'));
  daemon->Start();
  EXPECT_TRUE(Await([&] { return client->Get(NameOf("feed")).ok(); }));
  EXPECT_EQ(ReadFile(History() + "-damaged"), std::string(10000, 'x'));
  EXPECT_TRUE(Await([&] { return !EventsOf("feed").empty(); })) << "a new history begins";
}

TEST_F(EventsTest, WithoutADiskTheHistoryIsInMemory) {
  StartDaemon(nullptr, {"--store=memory"});
  Declare("feed", "ws://127.0.0.1:1/");
  EXPECT_TRUE(Await([&] { return !EventsOf("feed").empty(); }));
  EXPECT_THAT(EventsOf("nobody"), IsEmpty());
}

}  // namespace
}  // namespace holter::integration
