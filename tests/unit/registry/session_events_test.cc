// The history of sessions.
#include "registry/session_events.h"

#include "tests/unit/registry/watch_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SessionEventsTest : public WatchTest {
 protected:
  SessionEventsTest() {
    Shut();
    events_ = *store::MakeMemoryEventStore({.per_session = 50});
    Open();
  }

  static v1::ListSessionEventsRequest Of(const std::string& session, const std::string& tenant = "default") {
    v1::ListSessionEventsRequest request;
    request.set_parent(FullName(session, tenant));
    return request;
  }
  std::vector<v1::SessionEvent> List(const v1::ListSessionEventsRequest& request) {
    const auto response = registry_->ListEvents(request);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    return {response->events().begin(), response->events().end()};
  }
  // "a CONNECTING to OPEN", …
  std::vector<std::string> Words(const v1::ListSessionEventsRequest& request) {
    std::vector<std::string> words;
    for (const v1::SessionEvent& event : List(request)) {
      words.push_back(event.name().substr(event.name().rfind('/') + 1) + " " +
                      v1::State_Name(event.from_state()).substr(6) + " to " +
                      v1::State_Name(event.to_state()).substr(6));
    }
    return words;
  }
  std::vector<std::string> Refused(const v1::ListSessionEventsRequest& request) {
    const absl::Status status = registry_->ListEvents(request).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return BadFields(status);
  }
  // Begins, opens, is lost.
  void OpenAndLose(const std::string& id) {
    for (int i = 0; i < 3; ++i) {
      engine_.manual_clock().Advance(std::chrono::seconds(1));
      Step(id);
    }
  }
};

TEST_F(SessionEventsTest, TellsWhatHappenedTheNewestFirst) {
  CreateWithUrl("a");
  OpenAndLose("a");
  const auto events = List(Of("a"));
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_THAT(Words(Of("a")), ElementsAre("a OPEN to BACKOFF", "a CONNECTING to OPEN"));
  const v1::SessionEvent& lost = events[0];
  EXPECT_EQ(lost.name(), FullName("a"));
  EXPECT_EQ(lost.uid(), Get("a")->uid());
  EXPECT_EQ(lost.from_health(), v1::HEALTH_UNKNOWN);
  EXPECT_EQ(lost.to_health(), v1::HEALTH_DOWN);
  EXPECT_EQ(lost.reason(), v1::REASON_PEER_RESET);
  EXPECT_EQ(lost.detail(), "connection reset");
  EXPECT_EQ(lost.attempts(), Get("a")->status().attempts());
  EXPECT_EQ(lost.time().seconds(), engine_.clock().WallNow().time_since_epoch() / std::chrono::seconds(1));
  EXPECT_EQ(events[1].time().seconds(), lost.time().seconds() - 1);
  EXPECT_THAT(List(Of("nobody")), IsEmpty());
}

TEST_F(SessionEventsTest, OutlivesTheSessionAndTheRegistry) {
  CreateWithUrl("a");
  OpenAndLose("a");
  const std::string uid = Get("a")->uid();
  ASSERT_TRUE(Delete("a").ok());
  Restart();
  CreateWithUrl("a");
  OpenAndLose("a");
  const auto events = List(Of("a"));
  ASSERT_THAT(events, SizeIs(4));
  EXPECT_EQ(events[3].uid(), uid);
  EXPECT_NE(events[0].uid(), uid) << "another session of the same name";
}

TEST_F(SessionEventsTest, ChoosesByTenantTimeAndReason) {
  CreateWithUrl("a");
  OpenAndLose("a");
  CreateWithUrl("b");
  OpenAndLose("b");
  ASSERT_TRUE(Create(CreateRequest("c", SessionWithUrl("ws://c/"), "other")).ok());
  OpenAndLose("c");
  EXPECT_THAT(Words(Of("-")),
              ElementsAre("b OPEN to BACKOFF", "b CONNECTING to OPEN", "a OPEN to BACKOFF", "a CONNECTING to OPEN"));
  EXPECT_THAT(Words(Of("-", "other")), SizeIs(2));
  v1::ListSessionEventsRequest by_reason = Of("-");
  by_reason.add_reasons(v1::REASON_PEER_RESET);
  by_reason.add_reasons(v1::REASON_DNS);
  EXPECT_THAT(Words(by_reason), ElementsAre("b OPEN to BACKOFF", "a OPEN to BACKOFF"));
  by_reason.clear_reasons();
  by_reason.add_reasons(v1::REASON_UNSPECIFIED);
  EXPECT_THAT(Words(by_reason), ElementsAre("b CONNECTING to OPEN", "a CONNECTING to OPEN"));

  const auto all = List(Of("-"));
  v1::ListSessionEventsRequest by_time = Of("-");
  *by_time.mutable_start_time() = all[2].time();  // inclusive
  *by_time.mutable_end_time() = all[0].time();    // exclusive
  EXPECT_THAT(Words(by_time), ElementsAre("b CONNECTING to OPEN", "a OPEN to BACKOFF"));
  by_time.mutable_start_time()->set_seconds(-62135596800);
  by_time.mutable_end_time()->set_seconds(253402300799);
  EXPECT_THAT(Words(by_time), SizeIs(4)) << "the ends of protobuf's calendar";
}

TEST_F(SessionEventsTest, ComesInPages) {
  CreateWithUrl("a");
  for (int i = 0; i < 7; ++i) Step("a");
  const auto all = List(Of("a"));
  ASSERT_THAT(all, SizeIs(6));
  v1::ListSessionEventsRequest request = Of("a");
  request.set_page_size(4);
  const auto first = registry_->ListEvents(request);
  ASSERT_THAT(first->events(), SizeIs(4));
  Step("a");  // does not shift the pages
  request.set_page_token(first->next_page_token());
  request.set_page_size(2);
  const auto second = registry_->ListEvents(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->next_page_token(), "") << "a page that is just full is the last one";
  ASSERT_THAT(second->events(), SizeIs(2));
  EXPECT_EQ(second->events(0).SerializeAsString(), all[4].SerializeAsString());
  EXPECT_EQ(second->events(1).SerializeAsString(), all[5].SerializeAsString());
}

TEST_F(SessionEventsTest, ATokenIsForTheSameQuestion) {
  CreateWithUrl("a");
  OpenAndLose("a");
  v1::ListSessionEventsRequest request = Of("a");
  request.set_page_size(1);
  request.set_page_token(registry_->ListEvents(request)->next_page_token());
  ASSERT_NE(request.page_token(), "");
  EXPECT_THAT(List(request), SizeIs(1));
  v1::ListSessionEventsRequest other = request;
  other.set_parent(FullName("-"));
  EXPECT_THAT(Refused(other), ElementsAre("page_token"));
  other = request;
  other.add_reasons(v1::REASON_DNS);
  EXPECT_THAT(Refused(other), ElementsAre("page_token"));
  other = request;
  other.mutable_start_time()->set_seconds(1);
  EXPECT_THAT(Refused(other), ElementsAre("page_token"));
  other = request;
  other.set_page_token("x");
  EXPECT_THAT(Refused(other), ElementsAre("page_token"));
}

TEST_F(SessionEventsTest, BadFieldsAreNamed) {
  for (const char* parent : {"", "tenants/a", "tenants/a/sessions/", "tenants/-/sessions/a", "tenants/-/sessions/-",
                             "tenants/a/sessions/B", "/sessions/-"}) {
    v1::ListSessionEventsRequest request;
    request.set_parent(parent);
    EXPECT_THAT(Refused(request), ElementsAre("parent")) << parent;
  }
  v1::ListSessionEventsRequest request = Of("a");
  request.set_page_size(-1);
  request.mutable_start_time()->set_nanos(-1);
  request.mutable_end_time()->set_seconds(253402300800);
  request.add_reasons(v1::REASON_DNS);
  request.add_reasons(static_cast<v1::Reason>(9999));
  EXPECT_THAT(Refused(request), ElementsAre("page_size", "start_time", "end_time", "reasons[1]"));
  request = Of("a");
  request.mutable_start_time()->set_seconds(7);
  request.mutable_end_time()->set_seconds(7);
  EXPECT_THAT(Refused(request), ElementsAre("end_time"));
}

// What a history that cannot be read says is what the caller hears.
class BrokenEvents final : public store::EventStore {
 public:
  void Append(store::StoredEvent /*event*/) override {}
  absl::StatusOr<std::vector<store::FoundEvent>> Find(const store::EventQuery& /*query*/) override {
    return absl::UnavailableError("broken");
  }
};

TEST_F(SessionEventsTest, AHistoryThatCannotBeReadDisturbsNothingElse) {
  Shut();
  events_ = std::make_unique<BrokenEvents>();
  Open();
  CreateWithUrl("a");
  OpenAndLose("a");
  EXPECT_TRUE(absl::IsUnavailable(registry_->ListEvents(Of("a")).status()));
  EXPECT_EQ(Get("a")->status().state(), v1::STATE_BACKOFF);
}

}  // namespace
}  // namespace holter::registry
