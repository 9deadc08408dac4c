// The numbers of many sessions.
#include "tests/unit/registry/watch_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FleetSummaryTest : public WatchTest {
 protected:
  void CreateIn(const std::string& id, const std::string& group) {
    v1::Session session = SessionWithUrl("ws://" + id + "/");
    session.set_group(group);
    ASSERT_TRUE(Create(CreateRequest(id, std::move(session))).ok());
  }
  v1::FleetSummary Summarize(const std::string& filter = "", const std::string& parent = "tenants/default") {
    v1::GetFleetSummaryRequest request;
    request.set_parent(parent);
    request.set_filter(filter);
    const auto summary = registry_->Summarize(request);
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : v1::FleetSummary();
  }
  static std::vector<std::string> Counts(const v1::FleetSummary& summary) {
    std::vector<std::string> words;
    for (const auto& count : summary.states()) {
      words.push_back(v1::State_Name(count.state()) + " " + std::to_string(count.sessions()));
    }
    for (const auto& count : summary.healths()) {
      words.push_back(v1::Health_Name(count.health()) + " " + std::to_string(count.sessions()));
    }
    for (const auto& count : summary.reasons()) {
      words.push_back(v1::Reason_Name(count.reason()) + " " + std::to_string(count.sessions()));
    }
    return words;
  }
};

TEST_F(FleetSummaryTest, OfNothingIsEmpty) {
  const v1::FleetSummary summary = Summarize();
  EXPECT_EQ(summary.sessions(), 0);
  EXPECT_THAT(Counts(summary), IsEmpty());
  EXPECT_THAT(summary.rtts(), IsEmpty());
  EXPECT_TRUE(summary.has_time());
}

TEST_F(FleetSummaryTest, CountsByWhatSessionsAre) {
  CreateIn("a", "calm");
  CreateIn("b", "storm");
  CreateIn("c", "storm");
  for (const char* id : {"b", "b", "b", "c", "c"}) Step(id);  // b is lost, c is open
  const v1::FleetSummary summary = Summarize();
  EXPECT_EQ(summary.sessions(), 3);
  EXPECT_THAT(Counts(summary), ElementsAre("STATE_CONNECTING 1", "STATE_OPEN 1", "STATE_BACKOFF 1", "HEALTH_UNKNOWN 2",
                                           "HEALTH_DOWN 1", "REASON_UNSPECIFIED 2", "REASON_PEER_RESET 1"));
  ASSERT_EQ(summary.groups_size(), 2);
  EXPECT_EQ(summary.groups(0).ShortDebugString(), "group: \"storm\" sessions: 2 down: 1");
  EXPECT_EQ(summary.groups(1).ShortDebugString(), "group: \"calm\" sessions: 1");
  EXPECT_EQ(summary.groups_total(), 2);
}

TEST_F(FleetSummaryTest, OfWhatMatchesOnly) {
  CreateIn("a", "calm");
  CreateIn("b", "storm");
  ASSERT_TRUE(Create(CreateRequest("c", SessionWithUrl("ws://c/"), "elsewhere")).ok());
  EXPECT_EQ(Summarize().sessions(), 2);
  EXPECT_EQ(Summarize("group = storm").sessions(), 1);
  EXPECT_EQ(Summarize("", "tenants/-").sessions(), 3);
}

TEST_F(FleetSummaryTest, SeesEverySessionOnceHoweverMany) {
  for (int i = 0; i < 600; ++i) CreateIn("s" + std::to_string(i), "");
  EXPECT_EQ(Summarize().sessions(), 600);
}

TEST_F(FleetSummaryTest, MistakesAreToldTogether) {
  v1::GetFleetSummaryRequest request;
  request.set_filter("x");
  EXPECT_THAT(BadFields(registry_->Summarize(request).status()), ElementsAre("parent", "filter"));
}

}  // namespace
}  // namespace holter::registry
