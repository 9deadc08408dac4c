// The history of sessions, over the wire.
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "holter/status.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EventsTest : public EndToEndTest {
 protected:
  std::vector<v1::SessionEvent> EventsOf(const std::string& id, const client::EventOptions& options = {}) {
    auto events = client->ListEvents(NameOf(id), options);
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? *std::move(events) : std::vector<v1::SessionEvent>();
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
  const auto all = EventsOf("-");
  ASSERT_GE(all.size(), 3U);
  std::vector<std::string> paged;
  std::string token;
  do {
    const auto page = client->ListEventPage(NameOf("-"), {.limit = 2}, token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->events_size(), 2);
    for (const auto& event : page->events()) paged.push_back(event.SerializeAsString());
    token = page->next_page_token();
  } while (!token.empty());
  ASSERT_THAT(paged, SizeIs(all.size()));
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(paged[i], all[i].SerializeAsString());
}

TEST_F(EventsTest, ByTimeAndReasonAndOneByOne) {
  Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  Declare("feed", peer.Url());
  AwaitHealthy("feed");
  const auto before_the_loss = std::chrono::system_clock::now();
  peer.Kill();
  std::vector<v1::SessionEvent> refused;
  ASSERT_TRUE(Await([&] {
    refused = EventsOf("feed", {.reasons = {v1::REASON_CONNECT_REFUSED}});
    return !refused.empty();
  }));
  for (const auto& event : refused) EXPECT_EQ(event.reason(), v1::REASON_CONNECT_REFUSED);
  for (const auto& event : EventsOf("feed", {.end = before_the_loss})) {
    EXPECT_LT(ToTime(event.time()), before_the_loss);
    EXPECT_NE(event.to_health(), v1::HEALTH_DOWN);
  }
  for (const auto& event : EventsOf("feed", {.start = before_the_loss})) {
    EXPECT_GE(ToTime(event.time()), before_the_loss);
  }
  EXPECT_THAT(EventsOf("feed", {.limit = 1}), SizeIs(1));
  std::vector<v1::SessionEvent> visited;
  const absl::Status status =
      client->ForEachEvent(NameOf("feed"), {.end = before_the_loss}, [&](const v1::SessionEvent& event) {
        visited.push_back(event);
        return visited.size() < 2;
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(visited, SizeIs(2));
}

TEST_F(EventsTest, ErrorsNameTheFields) {
  StartDaemon();
  const absl::Status status = client->ListEventPage("tenants/-/sessions/-", {}, "x").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(client::ReasonOf(status), "INVALID_FIELD");
  const auto fields = client::BadFieldsOf(status);
  ASSERT_THAT(fields, SizeIs(2));
  EXPECT_EQ(fields[0].field, "parent");
  EXPECT_EQ(fields[1].field, "page_token");
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
