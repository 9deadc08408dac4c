// The history of sessions, page by page.
#include <gmock/gmock.h>

#include "holter/client.h"
#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

constexpr char kParent[] = "tenants/default/sessions/-";

// Two events to a page, three pages.
class EventsTest : public ::testing::Test {
 protected:
  void ServePages() {
    for (int page = 0; page < 3; ++page) {
      server.service.events.Add(
          [page](const v1::ListSessionEventsRequest& request, v1::ListSessionEventsResponse* response) {
            EXPECT_EQ(request.parent(), kParent);
            EXPECT_EQ(request.page_token(), page == 0 ? "" : "page" + std::to_string(page));
            EXPECT_EQ(request.reasons_size(), 1) << "the filter goes with every page";
            for (int i = 0; i < 2; ++i) response->add_events()->set_detail(std::to_string(2 * page + i));
            if (page < 2) response->set_next_page_token("page" + std::to_string(page + 1));
            return grpc::Status::OK;
          });
    }
  }

  FakeServer server;
  Client client{ClientOptions{.server = server.address}};
};

TEST_F(EventsTest, TakesEveryPage) {
  ServePages();
  const auto events = client.ListEvents(kParent, {.reasons = {v1::REASON_DNS}});
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 6U);
  EXPECT_EQ(events->back().detail(), "5");
}

TEST_F(EventsTest, TakesNoMoreThanWanted) {
  ServePages();
  const auto events = client.ListEvents(kParent, {.reasons = {v1::REASON_DNS}, .limit = 3});
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(events->size(), 3U);
  EXPECT_EQ(server.service.events.calls(), 2);
}

TEST_F(EventsTest, VisitsUntilItIsEnough) {
  ServePages();
  std::string seen;
  const auto visit = [&](const v1::SessionEvent& event) {
    seen += event.detail();
    return event.detail() != "2";
  };
  EXPECT_TRUE(client.ForEachEvent(kParent, {.reasons = {v1::REASON_DNS}}, visit).ok());
  EXPECT_EQ(seen, "012");
  EXPECT_EQ(server.service.events.calls(), 2) << "what nobody wants to see is not asked for";
}

TEST_F(EventsTest, VisitsAllOrAsManyAsWanted) {
  for (const int limit : {0, 5}) {
    ServePages();
    std::string seen;
    const auto visit = [&](const v1::SessionEvent& event) {
      seen += event.detail();
      return true;
    };
    EXPECT_TRUE(client.ForEachEvent(kParent, {.reasons = {v1::REASON_DNS}, .limit = limit}, visit).ok());
    EXPECT_EQ(seen, limit == 0 ? "012345" : "01234");
  }
}

TEST_F(EventsTest, AnErrorEndsTheVisit) {
  server.service.events.Add(
      [](const auto&, auto*) {
        return DetailedStatus(grpc::StatusCode::UNAVAILABLE, "cannot be read", "HISTORY_FAILED");
      },
      4);
  EXPECT_TRUE(absl::IsUnavailable(client.ForEachEvent(kParent, {}, [](const auto&) { return true; })));
}

TEST_F(EventsTest, SendsTimesAndSizes) {
  using std::chrono::milliseconds;
  const std::chrono::system_clock::time_point epoch;
  server.service.events.Add([](const v1::ListSessionEventsRequest& request, auto*) {
    EXPECT_EQ(request.page_size(), 7);
    EXPECT_EQ(request.start_time().seconds(), -2);
    EXPECT_EQ(request.start_time().nanos(), 500'000'000);
    EXPECT_EQ(request.end_time().seconds(), 1);
    EXPECT_EQ(request.end_time().nanos(), 500'000'000);
    return grpc::Status::OK;
  });
  EXPECT_TRUE(
      client.ListEvents(kParent, {.start = epoch - milliseconds(1500), .end = epoch + milliseconds(1500), .limit = 7})
          .ok());
}

}  // namespace
}  // namespace holter::client
