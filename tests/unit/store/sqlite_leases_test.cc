// Rows of leases.
#include <SQLiteCpp/SQLiteCpp.h>

#include "tests/unit/store/store_fixture.h"

namespace holter::store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SqliteLeasesTest : public SqliteStoreTest {
 protected:
  static PutLeaseChange Lease(const std::string& tenant, const std::string& owner, int64_t nanoseconds) {
    return {.lease = {.tenant = tenant, .owner = owner, .expire_time = WallTime(Duration(nanoseconds))}};
  }

  std::vector<StoredLease> Leases() {
    auto leases = OpenLoaded()->LoadLeases();
    EXPECT_TRUE(leases.ok()) << leases.status();
    return leases.ok() ? *std::move(leases) : std::vector<StoredLease>();
  }

  void ExpectDamage(const std::string& sql, const std::string& words) {
    {
      SQLite::Database database(directory_ / "holter.db", SQLite::OPEN_READWRITE);
      database.exec(sql);
    }
    const absl::Status status = Refusal();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }
};

TEST_F(SqliteLeasesTest, AreKeptInTheOrderOfTenantsAndOwners) {
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {Lease("b", "x", 1), Lease("a", "y", -2), Lease("a", "x", 3)}).ok()); }
  const auto leases = Leases();
  ASSERT_THAT(leases, SizeIs(3));
  EXPECT_EQ(leases[0].tenant + leases[0].owner, "ax");
  EXPECT_EQ(leases[1].tenant + leases[1].owner, "ay");
  EXPECT_EQ(leases[1].expire_time, WallTime(Duration(-2)));
  EXPECT_EQ(leases[2].tenant + leases[2].owner, "bx");
}

TEST_F(SqliteLeasesTest, AreRenewedAndEndedTogetherWithSessions) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Lease("a", "x", 1), Put("s", "1")}).ok());
    ASSERT_TRUE(CommitAndWait(*store, {Lease("a", "x", 7)}).ok());
  }
  ASSERT_THAT(Leases(), SizeIs(1));
  EXPECT_EQ(Leases()[0].expire_time, WallTime(Duration(7)));
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Delete("s"), DeleteLeaseChange{"a", "x"}, DeleteLeaseChange{"a", "z"}}).ok());
  }
  EXPECT_THAT(Leases(), IsEmpty());
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(SqliteLeasesTest, AChangedTimeIsDamage) {
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {Lease("a", "x", 1)}).ok()); }
  ExpectDamage("UPDATE leases SET expire_time = 2", "the lease of x of tenant a does not agree");
}

TEST_F(SqliteLeasesTest, ALostRowIsDamage) {
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {Lease("a", "x", 1)}).ok()); }
  ExpectDamage("DELETE FROM leases", "missing");
}

}  // namespace
}  // namespace holter::store
