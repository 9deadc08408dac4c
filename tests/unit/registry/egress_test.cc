// Addresses that no session may lead to, refused when they are declared.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

class DeclaredEgressTest : public RegistryTest {
 protected:
  DeclaredEgressTest() {
    Shut();
    auto opened = SessionRegistry::Open({.engine = &engine_,
                                         .store = &store_,
                                         .secrets = &secrets_,
                                         .observers = &observers_,
                                         .tenants = &tenants_,
                                         .quotas = &quotas_,
                                         .guard = &guard_});
    registry_ = *std::move(opened);
  }

  static bool IsRefused(const absl::Status& status, const std::string& id) {
    return status.code() == absl::StatusCode::kPermissionDenied && HasReason(status, "EGRESS_DENIED") &&
           std::string(status.message()).find(FullName(id) + ": spec.url: 10.0.0.1") != std::string::npos;
  }
  static v1::CreateSessionRequest Inside(const std::string& id) {
    return CreateRequest(id, SessionWithUrl("ws://10.0.0.1/"));
  }

  TenantNumbers tenants_;
  transport::EgressGuard guard_{/*allow_loopback=*/true};
};

TEST_F(DeclaredEgressTest, AtCreate) {
  EXPECT_TRUE(IsRefused(Create(Inside("a")).status(), "a"));
  v1::CreateSessionRequest trial = Inside("a");
  trial.set_validate_only(true);
  EXPECT_TRUE(IsRefused(Create(trial).status(), "a"));
  EXPECT_FALSE(Exists("a"));
  EXPECT_EQ(engine_.admitted(), 0u);
  EXPECT_TRUE(Create(CreateRequest("a", SessionWithUrl("ws://127.0.0.1/"))).ok());
}

TEST_F(DeclaredEgressTest, InABatchAndThenNothingOfItHappens) {
  v1::BatchCreateSessionsRequest request;
  request.set_parent("tenants/default");
  *request.add_requests() = CreateRequest("good");
  *request.add_requests() = Inside("bad");
  EXPECT_TRUE(IsRefused(Call(&SessionRegistry::BatchCreate, request).status(), "bad"));
  EXPECT_FALSE(Exists("good"));
}

TEST_F(DeclaredEgressTest, WhenASessionIsSentElsewhere) {
  ASSERT_TRUE(Create("a").ok());
  v1::Session changed = SessionWithUrl("ws://10.0.0.1/");
  changed.set_name(FullName("a"));
  EXPECT_TRUE(IsRefused(Update(changed, {"spec.url"}).status(), "a"));
  EXPECT_EQ(Get("a")->spec().url(), "ws://peer/");
}

TEST_F(DeclaredEgressTest, InAWholeSet) {
  v1::ApplySessionsRequest request;
  request.set_parent("tenants/default");
  request.set_owner("team");
  *request.add_sessions() = SessionWithUrl("ws://10.0.0.1/");
  request.mutable_sessions(0)->set_name(FullName("a"));
  for (const bool dry : {true, false}) {
    request.set_dry_run(dry);
    Pending<absl::StatusOr<v1::ApplySessionsResponse>> pending;
    registry_->Apply(request, pending.Reply());
    EXPECT_TRUE(IsRefused(pending.value().status(), "a"));
  }
  EXPECT_FALSE(Exists("a"));
}

TEST_F(DeclaredEgressTest, InAProbe) {
  v1::ProbeSessionRequest request;
  request.set_parent("tenants/default");
  request.mutable_spec()->set_url("ws://10.0.0.1/");
  EXPECT_TRUE(HasReason(registry_->Probe(request).status(), "EGRESS_DENIED"));
}

TEST_F(DeclaredEgressTest, WhatWasAllowedOnceCanStillBeChangedAndIsJudgedAtTheDial) {
  ASSERT_TRUE(Create("a").ok());
  transport::EgressPolicy policy;
  policy.everyone.mode = transport::EgressMode::kOff;
  guard_.SetPolicy(policy, tenants_);
  ASSERT_TRUE(Create(Inside("b")).ok());
  guard_.SetPolicy({}, tenants_);
  v1::Session changed;
  changed.set_name(FullName("b"));
  changed.set_group("moved");
  EXPECT_TRUE(Update(changed, {"group"}).ok());
}

TEST_F(DeclaredEgressTest, FilesAreNotRefusedForTheyAreTheOperators) {
  v1::Session session = SessionWithUrl("ws://10.0.0.1/");
  session.set_name(FullName("a"));
  EXPECT_TRUE(registry_->ReconcileFiles({session}).ok());
}

}  // namespace
}  // namespace holter::registry
