// Quotas as calls meet them.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

class QuotaTest : public RegistryTest {
 protected:
  explicit QuotaTest(size_t limit = 100000) : RegistryTest(limit) {}

  void Limit(const TenantLimits& everyone, std::optional<int64_t> sessions_per_host = {}) {
    quotas_.SetLimits({.everyone = everyone, .tenants = {}, .sessions_per_host = sessions_per_host});
  }
  absl::StatusOr<v1::BatchCreateSessionsResponse> BatchCreate(const std::vector<std::string>& ids) {
    v1::BatchCreateSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : ids) *request.add_requests() = CreateRequest(id);
    return Call(&SessionRegistry::BatchCreate, request);
  }
  static bool IsRefused(const absl::Status& status) {
    return status.code() == absl::StatusCode::kResourceExhausted && HasReason(status, "QUOTA_EXCEEDED");
  }
};

TEST_F(QuotaTest, ABatchIsTakenWholeOrNotAtAll) {
  Limit({.sessions = 3});
  ASSERT_TRUE(Create("a").ok());
  EXPECT_TRUE(IsRefused(BatchCreate({"b", "c", "d"}).status()));
  EXPECT_FALSE(Exists("b"));
  EXPECT_EQ(engine_.admitted(), 1) << "no room is lost";
  EXPECT_TRUE(BatchCreate({"b", "c"}).ok());
  EXPECT_TRUE(IsRefused(Create("d").status()));
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_TRUE(Create("d").ok());
}

TEST_F(QuotaTest, ATrialSaysWhatTheCallWouldSayAndTakesNothing) {
  Limit({.sessions = 1});
  v1::CreateSessionRequest trial = CreateRequest("a");
  trial.set_validate_only(true);
  EXPECT_TRUE(Create(trial).ok());
  EXPECT_TRUE(Create(trial).ok());
  ASSERT_TRUE(Create("a").ok());
  trial.set_session_id("b");
  EXPECT_TRUE(IsRefused(Create(trial).status()));
}

TEST_F(QuotaTest, WhatTheStoreDidNotTakeDoesNotCount) {
  Limit({.sessions = 1});
  store_.next_status = absl::UnavailableError("no disk");
  EXPECT_FALSE(Create("a").ok());
  store_.next_status = absl::OkStatus();
  EXPECT_TRUE(Create("a").ok());
}

class FullQuotaTest : public QuotaTest {
 protected:
  FullQuotaTest() : QuotaTest(1) {}
};

TEST_F(FullQuotaTest, WhatTheEngineHasNoRoomForDoesNotCount) {
  Limit({.sessions = 2});
  ASSERT_TRUE(Create("a").ok());
  const absl::Status refused = Create("b").status();
  EXPECT_TRUE(HasReason(refused, "OPEN_FILES_EXHAUSTED")) << refused;
  ASSERT_TRUE(Delete("a").ok());
  Limit({.sessions = 1});
  EXPECT_TRUE(Create("b").ok());
}

TEST_F(QuotaTest, PausedSessionsCountSoResumingNeedsNothing) {
  Limit({.sessions = 1});
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Pause("a").ok());
  EXPECT_TRUE(IsRefused(Create("b").status()));
  EXPECT_TRUE(Resume("a").ok());
}

TEST_F(QuotaTest, StoredSessionsCountAfterARestart) {
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Create("b").ok());
  Shut();
  quotas_.SetLimits({});
  QuotaChange gone;
  for (int i = 0; i < 2; ++i) gone.Remove("default", "ws://peer/");
  quotas_.Settle(gone, true);  // as a new process has it
  Open();
  Limit({.sessions = 2});
  EXPECT_TRUE(IsRefused(Create("c").status()));
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_TRUE(Create("c").ok());
}

TEST_F(QuotaTest, WhatFilesDeclareCountsAndIsNeverRefused) {
  Limit({.sessions = 1, .creates_per_second = 1});
  std::vector<v1::Session> sessions;
  for (const char* id : {"a", "b", "c"}) {
    v1::Session session = CreateRequest(id).session();
    session.set_name(FullName(id));
    sessions.push_back(session);
  }
  EXPECT_TRUE(registry_->ReconcileFiles(sessions).ok());
  EXPECT_TRUE(IsRefused(Create("d").status()));
  EXPECT_TRUE(registry_->ReconcileFiles({}).ok());
  EXPECT_TRUE(Create("d").ok()) << "files owe no creates";
}

TEST_F(QuotaTest, AnUpdateThatLeadsToACrowdedHostIsRefused) {
  Limit({}, 1);
  ASSERT_TRUE(Create("a").ok());
  EXPECT_TRUE(IsRefused(Create("b").status())) << "the same host";
  v1::CreateSessionRequest elsewhere = CreateRequest("b");
  elsewhere.mutable_session()->mutable_spec()->set_url("ws://elsewhere/");
  ASSERT_TRUE(Create(elsewhere).ok());
  v1::Session moved = *Get("b");
  moved.mutable_spec()->set_url(Get("a")->spec().url());
  EXPECT_TRUE(IsRefused(Update(moved, {"spec.url"}).status()));
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_TRUE(Update(moved, {"spec.url"}).ok());
  EXPECT_TRUE(Create(elsewhere).status().code() == absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(Create([&] {
                elsewhere.set_session_id("c");
                return elsewhere;
              }())
                  .ok())
      << "the host that it left has room";
}

TEST_F(QuotaTest, WatchesCountUntilTheyEnd) {
  Limit({.watches = 1});
  v1::WatchSessionsRequest request;
  request.set_parent("tenants/default");
  auto first = registry_->Watch(request);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(IsRefused(registry_->Watch(request).status()));
  request.set_parent("tenants/-");
  const auto of_all = registry_->Watch(request);
  EXPECT_TRUE(of_all.ok());
  EXPECT_TRUE(registry_->Watch(request).ok()) << "those of every tenant are nobody's";
  request.set_parent("tenants/other");
  EXPECT_TRUE(registry_->Watch(request).ok());
  first->reset();
  request.set_parent("tenants/default");
  EXPECT_TRUE(registry_->Watch(request).ok());
}

}  // namespace
}  // namespace holter::registry
