// Rows of answered requests.
#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>

#include "tests/unit/store/store_fixture.h"

namespace holter::store {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class SqliteRequestsTest : public SqliteStoreTest {
 protected:
  static StoredRequest Request(const std::string& tenant, const std::string& id, int64_t nanoseconds = 1) {
    return {.tenant = tenant,
            .id = id,
            .method = "CreateSession",
            .fingerprint = std::string("\0\x01", 2),
            .answer = std::string("\0\xff", 2),
            .time = WallTime(Duration(nanoseconds))};
  }

  std::vector<StoredRequest> Requests() {
    const auto store = OpenLoaded();
    auto requests = store->LoadRequests();
    EXPECT_TRUE(requests.ok()) << requests.status();
    return requests.ok() ? *std::move(requests) : std::vector<StoredRequest>();
  }

  void Execute(const std::string& sql) {
    SQLite::Database database(directory_ / "holter.db", SQLite::OPEN_READWRITE);
    database.exec(sql);
  }
};

TEST_F(SqliteRequestsTest, AreKeptWholeTheOldestFirst) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {PutRequestChange{Request("a", "2", 200)}, Put("s", "1"),
                                       PutRequestChange{Request("b", "1", 100)}})
                    .ok());
  }
  const auto requests = Requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].tenant, "b");
  EXPECT_EQ(requests[0].id, "1");
  EXPECT_EQ(requests[1].method, "CreateSession");
  EXPECT_EQ(requests[1].fingerprint, std::string("\0\x01", 2));
  EXPECT_EQ(requests[1].answer, std::string("\0\xff", 2));
  EXPECT_EQ(requests[1].time, WallTime(Duration(200)));
  EXPECT_THAT(Stored(), SizeIs(1));
}

TEST_F(SqliteRequestsTest, AreReplacedAndForgotten) {
  {
    const auto store = OpenLoaded();
    StoredRequest other = Request("a", "1");
    other.answer = "other";
    ASSERT_TRUE(CommitAndWait(*store, {PutRequestChange{Request("a", "1")}, PutRequestChange{other},
                                       PutRequestChange{Request("b", "1")}})
                    .ok());
    ASSERT_TRUE(CommitAndWait(*store, {DeleteRequestChange{"b", "1"}, DeleteRequestChange{"b", "never there"}}).ok());
  }
  const auto requests = Requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].answer, "other");
}

TEST_F(SqliteRequestsTest, AFlippedByteIsDamage) {
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {PutRequestChange{Request("a", "1")}}).ok()); }
  Execute("UPDATE requests SET answer = x'00fe'");
  const absl::Status status = Refusal();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("checksum"));
}

}  // namespace
}  // namespace holter::store
