// A session that nobody declared.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProbeTest : public RegistryTest {
 protected:
  explicit ProbeTest(size_t limit = 100000) : RegistryTest(limit) {}

  static v1::ProbeSessionRequest Request(const std::string& url = "ws://peer/") {
    v1::ProbeSessionRequest request;
    request.set_parent("tenants/default");
    request.mutable_spec()->set_url(url);
    request.mutable_duration()->set_seconds(10);
    return request;
  }
  SessionRegistry::ProbeReader Begin(const v1::ProbeSessionRequest& request = Request()) {
    auto reader = registry_->Probe(request);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }
  // Its number in the engine.
  core::SessionId Id() const { return engine_.IdOf("ws://peer/"); }
  void Step() { engine_.Step(Id()); }

  // All that there is to tell now.
  static std::vector<v1::ProbeSessionResponse> Read(StreamReader<v1::ProbeSessionResponse>& reader) {
    std::vector<v1::ProbeSessionResponse> told;
    while (true) {
      auto next = reader.Next();
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || !next->has_value()) return told;
      told.push_back(**std::move(next));
    }
  }
  static std::vector<v1::ProbeSessionResponse::EventCase> KindsOf(const std::vector<v1::ProbeSessionResponse>& told) {
    std::vector<v1::ProbeSessionResponse::EventCase> kinds;
    for (const v1::ProbeSessionResponse& one : told) kinds.push_back(one.event_case());
    return kinds;
  }
};

TEST_F(ProbeTest, TellsWhatHappensAndThenHowItAllWas) {
  const auto reader = Begin();
  Step();
  Step();
  auto told = Read(*reader);
  EXPECT_THAT(KindsOf(told), ElementsAre(v1::ProbeSessionResponse::kTransition, v1::ProbeSessionResponse::kOpening,
                                         v1::ProbeSessionResponse::kBeat));
  EXPECT_EQ(told[0].transition().to_state(), v1::STATE_OPEN);
  EXPECT_EQ(told[1].opening().peer_address(), "192.0.2.1:80");
  EXPECT_EQ(told[2].beat().name(), "protocol");
  EXPECT_EQ(told[2].beat().kind(), v1::ProbeSessionResponse::BeatEvent::KIND_SENT);

  EXPECT_FALSE(reader->IsDue(engine_.clock().Now()));
  EXPECT_FALSE(reader->finished());
  engine_.manual_clock().Advance(seconds(10));
  EXPECT_TRUE(reader->IsDue(engine_.clock().Now()));
  told = Read(*reader);
  ASSERT_THAT(KindsOf(told), ElementsAre(v1::ProbeSessionResponse::kSummary));
  EXPECT_EQ(told[0].summary().status().state(), v1::STATE_OPEN);
  EXPECT_EQ(told[0].summary().dropped(), 0);
  EXPECT_TRUE(reader->finished());
  EXPECT_FALSE(reader->IsDue(engine_.clock().Now()));
  EXPECT_THAT(engine_.sessions(), IsEmpty()) << "the session is gone before its reader";
}

TEST_F(ProbeTest, WakesWhoWaits) {
  const auto reader = Begin();
  int wakes = 0;
  reader->OnReady([&] { ++wakes; });
  EXPECT_EQ(wakes, 0);
  Step();
  Step();
  EXPECT_EQ(wakes, 1);
}

TEST_F(ProbeTest, StoresNothingAndNobodyElseSeesIt) {
  const auto reader = Begin();
  Step();
  EXPECT_EQ(store_.commits(), 0);
  EXPECT_EQ(registry_->size(), 0u);
  v1::ListSessionsRequest list;
  list.set_parent("tenants/-");
  EXPECT_EQ(registry_->List(list)->sessions_size(), 0);
}

TEST_F(ProbeTest, EndsWithItsReader) {
  auto reader = Begin();
  Step();
  EXPECT_EQ(engine_.admitted(), 1u);
  reader.reset();
  EXPECT_EQ(engine_.admitted(), 0u);
  EXPECT_THAT(engine_.sessions(), IsEmpty());
}

TEST_F(ProbeTest, EndsWhenThePolicySaysNeverAgain) {
  v1::ProbeSessionRequest request = Request();
  v1::CloseRule* rule = request.mutable_spec()->mutable_close_policy()->add_rules();
  rule->set_close_codes("1006");
  rule->set_then(v1::RETRY_CLASS_NEVER);
  const auto reader = Begin(request);
  Step();
  Step();
  Step();  // the connection is lost without a close frame
  const auto told = Read(*reader);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().event_case(), v1::ProbeSessionResponse::kSummary) << told.back().ShortDebugString();
  EXPECT_EQ(told.back().summary().status().state(), v1::STATE_STOPPED);
  EXPECT_TRUE(reader->finished());
}

TEST_F(ProbeTest, CountsTowardsTheQuotasAsLongAsItLives) {
  quotas_.SetLimits({.everyone = {.sessions = 1}, .tenants = {}, .sessions_per_host = {}});
  auto reader = Begin();
  EXPECT_TRUE(HasReason(registry_->Probe(Request()).status(), "QUOTA_EXCEEDED"));
  EXPECT_TRUE(HasReason(Create("a").status(), "QUOTA_EXCEEDED"));
  reader.reset();
  EXPECT_TRUE(Create("a").ok());
}

TEST_F(ProbeTest, NamesTheFieldsThatAreWrong) {
  v1::ProbeSessionRequest request;
  request.set_parent("tenants/-");
  request.mutable_spec()->set_url("http://peer/");
  request.mutable_duration()->set_seconds(301);
  EXPECT_THAT(BadFields(registry_->Probe(request).status()), ElementsAre("parent", "duration", "spec.url"));
  request = Request();
  request.mutable_duration()->set_seconds(INT64_MAX);
  EXPECT_THAT(BadFields(registry_->Probe(request).status()), ElementsAre("duration"));
  request.clear_duration();
  EXPECT_TRUE(registry_->Probe(request).ok()) << "30 s by default";
  EXPECT_THAT(engine_.sessions(), IsEmpty());
}

TEST_F(ProbeTest, IsRefusedWhenTheRegistryIsClosed) {
  registry_->Close();
  EXPECT_TRUE(HasReason(registry_->Probe(Request()).status(), "SHUTTING_DOWN"));
}

class FullProbeTest : public ProbeTest {
 protected:
  FullProbeTest() : ProbeTest(1) {}
};

TEST_F(FullProbeTest, WhatFindsNoRoomDoesNotCount) {
  quotas_.SetLimits({.everyone = {.sessions = 2}, .tenants = {}, .sessions_per_host = {}});
  ASSERT_TRUE(Create("a").ok());
  EXPECT_TRUE(HasReason(registry_->Probe(Request()).status(), "OPEN_FILES_EXHAUSTED"));
  EXPECT_TRUE(HasReason(registry_->Probe(Request()).status(), "OPEN_FILES_EXHAUSTED")) << "and not the quota";
}

}  // namespace
}  // namespace holter::registry
