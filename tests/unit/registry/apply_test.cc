#include "registry/set_plan.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;

// "created a", "updated b: labels spec.url", in the order of the answer.
std::vector<std::string> Words(const v1::ApplySessionsResponse& answer) {
  std::vector<std::string> words;
  for (const v1::ApplyResult& result : answer.results()) {
    std::string word = v1::ApplyResult::Action_Name(result.action()).substr(7) + " " +
                       result.name().substr(result.name().rfind('/') + 1);
    for (const std::string& field : result.changed_fields()) word += " " + field;
    words.push_back(std::move(word));
  }
  return words;
}

class ApplyTest : public RegistryTest {
 protected:
  using Answer = absl::StatusOr<v1::ApplySessionsResponse>;

  static v1::ApplySessionsRequest Set(const std::vector<std::string>& ids, const std::string& owner = "deployer") {
    v1::ApplySessionsRequest request;
    request.set_parent("tenants/default");
    request.set_owner(owner);
    for (const std::string& id : ids) {
      v1::Session& session = *request.add_sessions();
      session = SessionWithUrl("ws://peer/" + id);
      session.set_name(FullName(id));
    }
    return request;
  }
  static v1::ApplySessionsRequest Pruned(v1::ApplySessionsRequest request) {
    request.set_prune(true);
    return request;
  }
  static v1::ApplySessionsRequest Leased(v1::ApplySessionsRequest request, int seconds) {
    request.mutable_lease_ttl()->set_seconds(seconds);
    return request;
  }

  Pending<Answer> StartApply(v1::ApplySessionsRequest request) {
    Pending<Answer> pending;
    registry_->Apply(std::move(request), pending.Reply());
    return pending;
  }
  Answer Apply(v1::ApplySessionsRequest request) { return StartApply(std::move(request)).value(); }
  absl::StatusOr<v1::Lease> Renew(const std::string& owner, int seconds) {
    v1::RenewLeaseRequest request;
    request.set_parent("tenants/default");
    request.set_owner(owner);
    request.mutable_ttl()->set_seconds(seconds);
    return Call<absl::StatusOr<v1::Lease>>(&SessionRegistry::RenewLease, request);
  }
  void Pass(std::chrono::seconds time) {
    engine_.manual_clock().Advance(time);
    registry_->EndDueLeases();
  }
};

TEST_F(ApplyTest, DeclaresWhatIsNewAndLeavesWhatIsEqual) {
  const Answer first = Apply(Set({"a", "b"}));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(Words(*first), ElementsAre("CREATED a", "CREATED b"));
  EXPECT_EQ(store_.commits(), 1);
  EXPECT_EQ(Get("a")->owner(), "deployer");
  const v1::Session before = *Get("a");
  const Answer second = Apply(Set({"b", "a", "c"}));
  EXPECT_THAT(Words(*second), ElementsAre("UNCHANGED b", "UNCHANGED a", "CREATED c"));
  EXPECT_EQ(second->summary().unchanged(), 2);
  EXPECT_EQ(second->summary().created(), 1);
  EXPECT_EQ(Get("a")->SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(engine_.sessions().at(engine_.IdOf("ws://peer/a")).updates, 0)
      << "the engine was told, so the connection may have gone";
  EXPECT_THAT(Words(*Apply(Set({"a", "b", "c"}))), ElementsAre("UNCHANGED a", "UNCHANGED b", "UNCHANGED c"));
  EXPECT_EQ(store_.commits(), 2) << "nothing changed, nothing is written";
}

TEST_F(ApplyTest, SaysWhichFieldsDiffer) {
  ASSERT_TRUE(Apply(Set({"a"})).ok());
  v1::ApplySessionsRequest set = Set({"a"});
  set.mutable_sessions(0)->set_group("g");
  (*set.mutable_sessions(0)->mutable_labels())["k"] = "v";
  set.mutable_sessions(0)->mutable_spec()->set_url("ws://other/");
  set.mutable_sessions(0)->mutable_spec()->mutable_protocol_heartbeat()->set_interval("9s");
  const Answer answer = Apply(set);
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(Words(*answer), ElementsAre("UPDATED a labels group spec.url spec.protocol_heartbeat"));
  EXPECT_EQ(Get("a")->spec().url(), "ws://other/");
}

TEST_F(ApplyTest, OnlyPruneDeletesAndOnlyWhatIsTheOwners) {
  ASSERT_TRUE(Create("free").ok());
  ASSERT_TRUE(Apply(Set({"other"}, "somebody")).ok());
  ASSERT_TRUE(Apply(Set({"a", "b", "c"})).ok());
  EXPECT_THAT(Words(*Apply(Set({"a"}))), ElementsAre("UNCHANGED a"));
  EXPECT_TRUE(Exists("b"));
  EXPECT_THAT(Words(*Apply(Pruned(Set({"a"})))), ElementsAre("UNCHANGED a", "DELETED b", "DELETED c"));
  EXPECT_FALSE(Exists("b"));
  EXPECT_TRUE(Exists("free"));
  EXPECT_TRUE(Exists("other"));
  EXPECT_THAT(Words(*Apply(Pruned(Set({})))), ElementsAre("DELETED a"));
}

TEST_F(ApplyTest, ADryRunChangesNothing) {
  ASSERT_TRUE(Apply(Set({"a", "b"})).ok());
  v1::ApplySessionsRequest set = Leased(Pruned(Set({"a", "c"})), 60);
  set.mutable_sessions(0)->set_group("g");
  set.set_dry_run(true);
  const Answer answer = Apply(set);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(Words(*answer), ElementsAre("UPDATED a group", "CREATED c", "DELETED b"));
  EXPECT_FALSE(answer->summary().has_expire_time());
  EXPECT_EQ(Get("a")->group(), "");
  EXPECT_TRUE(Exists("b"));
  EXPECT_FALSE(Exists("c"));
  EXPECT_EQ(store_.commits(), 1);
}

TEST_F(ApplyTest, AllOrNothing) {
  v1::ApplySessionsRequest set = Set({"a", "b", "c"});
  set.mutable_sessions(1)->mutable_spec()->set_url("gopher://x");
  set.mutable_sessions(2)->set_group("no spaces");
  const Answer answer = Apply(set);
  EXPECT_TRUE(absl::IsInvalidArgument(answer.status()));
  EXPECT_THAT(BadFields(answer.status()), ElementsAre("sessions[1].spec.url", "sessions[2].group"));
  EXPECT_FALSE(Exists("a"));
  store_.next_status = absl::UnavailableError("no");
  EXPECT_TRUE(absl::IsUnavailable(Apply(Set({"a", "b"})).status()));
  EXPECT_FALSE(Exists("a"));
  EXPECT_EQ(engine_.admitted(), 0);
}

TEST_F(ApplyTest, WhatIsSaidOnceIsChecked) {
  v1::ApplySessionsRequest set = Set({"a", "a"});
  set.set_parent("tenant/default");
  set.set_owner("No");
  set.mutable_lease_ttl()->set_seconds(4);
  set.add_sessions()->set_name("x");
  EXPECT_THAT(BadFields(Apply(set).status()),
              ElementsAre("parent", "owner", "lease_ttl", "sessions[1].name", "sessions[2].name"));
  set = Set({"a"});
  set.mutable_sessions(0)->set_name(FullName("a", "elsewhere"));
  EXPECT_THAT(BadFields(Apply(set).status()), ElementsAre("sessions[0].name"));
  EXPECT_THAT(BadFields(Renew("No", 4).status()), ElementsAre("owner", "ttl"));
}

TEST_F(ApplyTest, FaultsAreBounded) {
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back("s" + std::to_string(i));
  v1::ApplySessionsRequest set = Set(ids);
  for (v1::Session& session : *set.mutable_sessions()) session.mutable_spec()->set_url("x");
  const size_t found = BadFields(Apply(set).status()).size();
  EXPECT_GE(found, SetPlan::kMostViolations);
  EXPECT_LT(found, 2 * SetPlan::kMostViolations);
}

TEST_F(ApplyTest, AnothersSessionsAreRefused) {
  ASSERT_TRUE(Apply(Set({"a"}, "somebody")).ok());
  const absl::Status status = Apply(Set({"b", "a"})).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(DetailsOf(status).reason, "OWNED_BY_OTHER");
  EXPECT_FALSE(Exists("b"));
}

TEST_F(ApplyTest, SingleCallsMayNotChangeWhatIsOwnedButMayPauseIt) {
  ASSERT_TRUE(Apply(Set({"a"})).ok());
  v1::Session session;
  session.set_name(FullName("a"));
  session.set_group("g");
  EXPECT_EQ(DetailsOf(Update(session, {}).status()).reason, "OWNED_BY_OTHER");
  EXPECT_EQ(DetailsOf(Delete("a")).reason, "OWNED_BY_OTHER");
  EXPECT_TRUE(Pause("a").ok());
  EXPECT_TRUE(Get("a")->paused());
  EXPECT_EQ(Get("a")->owner(), "deployer");
  EXPECT_THAT(Words(*Apply(Set({"a"}))), ElementsAre("UNCHANGED a"))
      << "a set that is silent about it leaves it paused";
  EXPECT_TRUE(Get("a")->paused());
  v1::ApplySessionsRequest set = Set({"a"});
  set.mutable_sessions(0)->set_paused(false);
  EXPECT_THAT(Words(*Apply(set)), ElementsAre("UPDATED a paused"));
  EXPECT_FALSE(Get("a")->paused());
}

TEST_F(ApplyTest, WhatNobodyOwnsBecomesTheOwners) {
  v1::Session session = SessionWithUrl("ws://peer/a");
  session.set_owner("me");
  ASSERT_TRUE(Create(CreateRequest("a", session)).ok());
  EXPECT_EQ(Get("a")->owner(), "") << "callers do not say who owns";
  EXPECT_THAT(Words(*Apply(Set({"a"}))), ElementsAre("UPDATED a owner"));
  EXPECT_EQ(Get("a")->owner(), "deployer");
}

TEST_F(ApplyTest, ALeaseEndsWithItsSessions) {
  const Answer answer = Apply(Leased(Set({"a", "b"}), 60));
  ASSERT_TRUE(answer.ok());
  ASSERT_TRUE(answer->summary().has_expire_time());
  EXPECT_EQ(Get("a")->expire_time().seconds(), answer->summary().expire_time().seconds());
  ASSERT_TRUE(Create("free").ok());
  Pass(std::chrono::seconds(59));
  EXPECT_TRUE(Exists("a"));
  Pass(std::chrono::seconds(1));
  EXPECT_FALSE(Exists("a"));
  EXPECT_FALSE(Exists("b"));
  EXPECT_TRUE(Exists("free"));
  EXPECT_EQ(store_.LoadLeases()->size(), 0);
}

TEST_F(ApplyTest, WhoWatchesASessionBeginIsToldWhenItEnds) {
  v1::WatchSessionsRequest request;
  request.set_parent("tenants/-");
  const auto watch = registry_->Watch(request);
  ASSERT_TRUE(watch.ok());
  ASSERT_TRUE((*watch)->Next(100).ok());  // the end of the snapshot
  v1::Session born;
  // The watch reads as soon as there is something, while the call goes on.
  observers_.on_ask = [&] {
    const auto response = (*watch)->Next(100);
    ASSERT_TRUE(response.ok());
    for (const v1::SessionChange& change : response->changes()) {
      if (change.kind() == v1::SessionChange::KIND_DECLARED) born = change.session();
    }
  };
  const Answer answer = Apply(Leased(Set({"a"}), 60));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(born.owner(), "deployer");
  EXPECT_EQ(born.expire_time().SerializeAsString(), answer->summary().expire_time().SerializeAsString());
}

TEST_F(ApplyTest, ALeaseIsRenewedByApplyOrByACall) {
  ASSERT_TRUE(Apply(Leased(Set({"a"}), 60)).ok());
  Pass(std::chrono::seconds(50));
  ASSERT_TRUE(Apply(Leased(Set({"a"}), 60)).ok());
  Pass(std::chrono::seconds(50));
  const auto lease = Renew("deployer", 30);
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->sessions(), 1);
  EXPECT_EQ(lease->expire_time().seconds(), Get("a")->expire_time().seconds());
  Pass(std::chrono::seconds(29));
  EXPECT_TRUE(Exists("a"));
  ASSERT_TRUE(Apply(Set({"a"})).ok()) << "without a lease";
  EXPECT_FALSE(Get("a")->has_expire_time());
  Pass(std::chrono::hours(1));
  EXPECT_TRUE(Exists("a"));
  EXPECT_EQ(DetailsOf(Renew("nobody", 30).status()).reason, "OWNER_NOT_FOUND");
}

TEST_F(ApplyTest, ARestartLeavesOwnersTimeToComeBack) {
  ASSERT_TRUE(Apply(Leased(Set({"a"}), 60)).ok());
  engine_.manual_clock().Advance(std::chrono::hours(2));
  Restart();
  EXPECT_EQ(Get("a")->owner(), "deployer");
  EXPECT_TRUE(Get("a")->has_expire_time());
  Pass(std::chrono::seconds(29));
  EXPECT_TRUE(Exists("a"));
  Pass(std::chrono::seconds(1));
  EXPECT_FALSE(Exists("a"));
}

TEST_F(ApplyTest, ACalendarThatIsSetEndsNoLease) {
  ASSERT_TRUE(Apply(Leased(Set({"a"}), 60)).ok());
  engine_.manual_clock().SetWall(engine_.manual_clock().WallNow() + std::chrono::hours(10));
  Pass(std::chrono::seconds(59));
  EXPECT_TRUE(Exists("a"));
}

TEST_F(ApplyTest, ALeaseThatCannotBeEndedIsTriedAgain) {
  ASSERT_TRUE(Apply(Leased(Set({"a"}), 60)).ok());
  store_.next_status = absl::ResourceExhaustedError("full");
  Pass(std::chrono::seconds(60));
  EXPECT_TRUE(Exists("a"));
  store_.next_status = absl::OkStatus();
  Pass(std::chrono::seconds(5));
  EXPECT_TRUE(Exists("a"));
  Pass(std::chrono::seconds(5));
  EXPECT_FALSE(Exists("a"));
}

TEST_F(ApplyTest, ARenewalThatCameFirstSavesTheSessions) {
  ASSERT_TRUE(Apply(Leased(Set({"a"}), 60)).ok());
  store_.held = true;
  engine_.manual_clock().Advance(std::chrono::seconds(59));
  Pending<Answer> renewal = StartApply(Leased(Set({"a"}), 60));
  Pass(std::chrono::seconds(1));  // due, but the renewal has the turn
  store_.held = false;
  store_.Release();
  EXPECT_TRUE(renewal.value().ok());
  EXPECT_TRUE(Exists("a"));
  Pass(std::chrono::seconds(58));
  EXPECT_TRUE(Exists("a"));
  Pass(std::chrono::seconds(1));
  EXPECT_FALSE(Exists("a"));
}

TEST_F(ApplyTest, SetsOfOneOwnerTakeTurns) {
  store_.held = true;
  Pending<Answer> first = StartApply(Set({"a"}));
  Pending<Answer> second = StartApply(Pruned(Set({"b"})));
  EXPECT_EQ(store_.waiting.size(), 1);
  store_.Release();
  ASSERT_TRUE(first.answered());
  store_.Release();
  EXPECT_THAT(Words(*second.value()), ElementsAre("CREATED b", "DELETED a"));
}

TEST_F(ApplyTest, ASetAfterTheEndIsRefused) {
  registry_->Close();
  EXPECT_EQ(DetailsOf(Apply(Set({"a"})).status()).reason, "SHUTTING_DOWN");
}

}  // namespace
}  // namespace holter::registry
