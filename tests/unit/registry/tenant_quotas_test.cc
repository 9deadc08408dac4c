#include "registry/tenant_quotas.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

QuotaChange Adding(const std::string& tenant, int count, const std::string& url = "ws://h/") {
  QuotaChange change;
  for (int i = 0; i < count; ++i) change.Add(tenant, url);
  return change;
}

QuotaChange Removing(const std::string& tenant, int count) {
  QuotaChange change;
  for (int i = 0; i < count; ++i) change.Remove(tenant, "ws://h/");
  return change;
}

std::string MetadataOf(const absl::Status& status, const std::string& key) {
  for (const auto& [name, value] : DetailsOf(status).metadata) {
    if (name == key) return value;
  }
  return "";
}

class TenantQuotasTest : public ::testing::Test {
 protected:
  void Limit(const TenantLimits& everyone, std::optional<int64_t> sessions_per_host = {}) {
    quotas.SetLimits({.everyone = everyone, .tenants = {}, .sessions_per_host = sessions_per_host});
  }
  absl::Status Take(const QuotaChange& change) {
    absl::Status status = quotas.Take(change, now);
    if (status.ok()) quotas.Settle(change, true);
    return status;
  }
  int64_t Used(const std::string& tenant, std::string_view quota = "sessions") const {
    for (const QuotaLevel& level : quotas.Levels()) {
      if (level.tenant == tenant && level.quota == quota) return level.used;
    }
    return 0;
  }

  TimePoint now{std::chrono::hours(1)};
  TenantQuotas quotas;
};

TEST_F(TenantQuotasTest, WithoutLimitsEverythingIsTaken) {
  EXPECT_TRUE(Take(Adding("blue", 100'000)).ok());
  EXPECT_TRUE(quotas.Levels().empty());
}

TEST_F(TenantQuotasTest, SessionsAreLimitedTenantByTenant) {
  Limit({.sessions = 3});
  EXPECT_TRUE(Take(Adding("blue", 3)).ok());
  const absl::Status refused = Take(Adding("blue", 1));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(HasReason(refused, "QUOTA_EXCEEDED"));
  EXPECT_EQ(MetadataOf(refused, "quota"), "sessions");
  EXPECT_EQ(MetadataOf(refused, "limit"), "3");
  EXPECT_EQ(MetadataOf(refused, "used"), "3");
  EXPECT_EQ(MetadataOf(refused, "tenant"), "blue");
  EXPECT_TRUE(Take(Adding("red", 3)).ok());
  EXPECT_TRUE(Take(Removing("blue", 1)).ok());
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
  EXPECT_EQ(Used("blue"), 3);
}

TEST_F(TenantQuotasTest, AChangeIsTakenWholeOrNotAtAll) {
  Limit({.sessions = 3});
  EXPECT_FALSE(Take(Adding("blue", 4)).ok());
  EXPECT_TRUE(Take(Adding("blue", 3)).ok()) << "nothing of the other was taken";
}

TEST_F(TenantQuotasTest, WhatIsRemovedInOneChangeMakesRoomInIt) {
  Limit({.sessions = 3});
  ASSERT_TRUE(Take(Adding("blue", 3)).ok());
  QuotaChange change = Adding("blue", 2);
  for (int i = 0; i < 2; ++i) change.Remove("blue", "ws://h/");
  EXPECT_TRUE(Take(change).ok());
  EXPECT_EQ(Used("blue"), 3);
}

TEST_F(TenantQuotasTest, WhatFailsIsGivenBackAndWhatShrinksCountsOnlyWhenItIsTrue) {
  Limit({.sessions = 3});
  const QuotaChange growing = Adding("blue", 3);
  ASSERT_TRUE(quotas.Take(growing, now).ok());
  EXPECT_EQ(Used("blue"), 3) << "while the store writes, the place is taken";
  quotas.Settle(growing, false);
  EXPECT_EQ(Used("blue"), 0);
  ASSERT_TRUE(Take(growing).ok());
  const QuotaChange shrinking = Removing("blue", 3);
  ASSERT_TRUE(quotas.Take(shrinking, now).ok());
  EXPECT_EQ(Used("blue"), 3);
  EXPECT_FALSE(Take(Adding("blue", 1)).ok());
  quotas.Settle(shrinking, false);
  EXPECT_EQ(Used("blue"), 3);
  EXPECT_TRUE(Take(shrinking).ok());
  EXPECT_EQ(Used("blue"), 0);
}

TEST_F(TenantQuotasTest, ALimitBelowWhatIsUsedTakesNothingAway) {
  EXPECT_TRUE(Take(Adding("blue", 5)).ok());
  Limit({.sessions = 3});
  EXPECT_EQ(Used("blue"), 5) << "counted before there was a limit";
  EXPECT_FALSE(Take(Adding("blue", 1)).ok());
  EXPECT_TRUE(Take(Removing("blue", 1)).ok());
  EXPECT_TRUE(Take(QuotaChange()).ok());
  quotas.TakeUnasked(Adding("blue", 2));
  EXPECT_EQ(Used("blue"), 6);
}

TEST_F(TenantQuotasTest, CreatesPerSecondRefillOverTime) {
  Limit({.creates_per_second = 2});
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
  const absl::Status refused = Take(Adding("blue", 1));
  EXPECT_EQ(MetadataOf(refused, "quota"), "creates_per_second");
  EXPECT_TRUE(Take(Adding("red", 1)).ok());
  EXPECT_TRUE(Take(Removing("blue", 1)).ok()) << "only creates count";
  now += milliseconds(499);
  EXPECT_FALSE(Take(Adding("blue", 1)).ok());
  now += milliseconds(1);
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
  EXPECT_FALSE(Take(Adding("blue", 1)).ok());
}

TEST_F(TenantQuotasTest, ABatchMayOweCreatesButNothingElseIsTakenUntilTheyArePaid) {
  Limit({.creates_per_second = 10});
  EXPECT_TRUE(Take(Adding("blue", 100)).ok());
  now += milliseconds(9099);
  EXPECT_FALSE(Take(Adding("blue", 1)).ok());
  now += milliseconds(1);
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
}

TEST_F(TenantQuotasTest, IdleTimeIsNotSavedUp) {
  Limit({.creates_per_second = 2});
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
  now += seconds(1000);
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
  EXPECT_TRUE(Take(Adding("blue", 1)).ok());
  EXPECT_FALSE(Take(Adding("blue", 1)).ok());
}

// Tenants have the names that callers give them.
TEST_F(TenantQuotasTest, TenantsWhoseTokensAreFullAgainAreForgotten) {
  Limit({.sessions = 5, .creates_per_second = 1});
  EXPECT_TRUE(Take(Adding("stays", 1)).ok());
  for (int i = 0; i < 10'000; ++i) {
    const std::string tenant = "tenant-" + std::to_string(i);
    ASSERT_TRUE(Take(Adding(tenant, 1)).ok());
    ASSERT_TRUE(Take(Removing(tenant, 1)).ok());
    now += milliseconds(100);
  }
  EXPECT_LT(quotas.Levels().size(), 200u);
  EXPECT_EQ(Used("stays"), 1);
}

TEST_F(TenantQuotasTest, SessionsPerHostAreCountedOverTenantsByTheNormalName) {
  Limit({}, 2);
  EXPECT_TRUE(Take(Adding("blue", 1, "wss://Feed.Example.org/a")).ok());
  EXPECT_TRUE(Take(Adding("red", 1, "ws://feed.example.org.:8080/b?x=1")).ok());
  const absl::Status refused = Take(Adding("blue", 1, "ws://FEED.example.org/"));
  EXPECT_EQ(MetadataOf(refused, "quota"), "sessions_per_host");
  EXPECT_EQ(MetadataOf(refused, "host"), "feed.example.org");
  EXPECT_EQ(MetadataOf(refused, "used"), "2");
  EXPECT_TRUE(Take(Adding("blue", 2, "ws://other.example.org/")).ok());
  QuotaChange move;
  move.Move("ws://feed.example.org/", "ws://third.example.org/");
  EXPECT_TRUE(Take(move).ok());
  EXPECT_TRUE(Take(Adding("blue", 1, "ws://feed.example.org/")).ok());
  EXPECT_FALSE(Take(move).ok() && Take(move).ok()) << "third has room for one more";
}

TEST_F(TenantQuotasTest, WatchesAreHeldAndGivenBack) {
  Limit({.watches = 1});
  auto first = quotas.TakeWatch("blue");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Used("blue", "watches"), 1);
  const absl::Status refused = quotas.TakeWatch("blue").status();
  EXPECT_EQ(MetadataOf(refused, "quota"), "watches");
  EXPECT_TRUE(quotas.TakeWatch("red").ok());
  first->reset();
  EXPECT_TRUE(quotas.TakeWatch("blue").ok());
}

TEST_F(TenantQuotasTest, TenantsThatUseNothingAreForgotten) {
  Limit({.sessions = 5, .watches = 1});
  {
    const auto watch = quotas.TakeWatch("blue");
    EXPECT_FALSE(quotas.TakeWatch("blue").ok());
    ASSERT_TRUE(Take(Adding("blue", 1)).ok());
    EXPECT_EQ(quotas.Levels().size(), 2u);
  }
  EXPECT_EQ(quotas.Levels().size(), 2u) << "it has a session";
  ASSERT_TRUE(Take(Removing("blue", 1)).ok());
  EXPECT_TRUE(quotas.Levels().empty());
  Limit({.watches = 0});
  EXPECT_FALSE(quotas.TakeWatch("red").ok());
  EXPECT_TRUE(quotas.Levels().empty());
}

TEST_F(TenantQuotasTest, ATenantMayHaveLimitsOfItsOwn) {
  quotas.SetLimits(
      {.everyone = {.sessions = 1}, .tenants = {{"blue", {}}, {"red", {.sessions = 2}}}, .sessions_per_host = {}});
  EXPECT_TRUE(Take(Adding("blue", 10)).ok());
  EXPECT_TRUE(Take(Adding("red", 2)).ok());
  EXPECT_FALSE(Take(Adding("green", 2)).ok());
}

}  // namespace
}  // namespace holter::registry
