// A disk that is full or broken: who waits is told, nothing is half applied, and what was there stays.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <list>

#include "tests/unit/store/store_fixture.h"

namespace holter::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// What the next calls of the file system answer, and how often files were synced.
std::atomic<int> write_error{SQLITE_OK};
std::atomic<int> sync_error{SQLITE_OK};
std::atomic<int> syncs{0};

// SQLite uses other methods for databases than for their logs; each has its failing twin.
struct MethodTwin {
  const sqlite3_io_methods* real = nullptr;
  sqlite3_io_methods failing{};
};
std::list<MethodTwin> twins;
sqlite3_vfs failing_vfs;
sqlite3_vfs* real_vfs = nullptr;

const sqlite3_io_methods* RealMethodsOf(const sqlite3_file* file) {
  return std::find_if(twins.begin(), twins.end(), [file](const MethodTwin& t) { return &t.failing == file->pMethods; })
      ->real;
}

int FailingWrite(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  if (write_error != SQLITE_OK) return write_error;
  return RealMethodsOf(file)->xWrite(file, data, size, at);
}

int FailingSync(sqlite3_file* file, int flags) {
  ++syncs;
  if (sync_error != SQLITE_OK) return sync_error;
  return RealMethodsOf(file)->xSync(file, flags);
}

int OpenFailing(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int result = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (result != SQLITE_OK || file->pMethods == nullptr) return result;
  auto twin =
      std::find_if(twins.begin(), twins.end(), [file](const MethodTwin& t) { return t.real == file->pMethods; });
  if (twin == twins.end()) {
    twin = twins.insert(twins.end(), MethodTwin{.real = file->pMethods, .failing = *file->pMethods});
    twin->failing.xWrite = FailingWrite;
    twin->failing.xSync = FailingSync;
  }
  file->pMethods = &twin->failing;
  return result;
}

class SqliteDiskErrorTest : public SqliteStoreTest {
 protected:
  void SetUp() override {
    real_vfs = sqlite3_vfs_find(nullptr);
    failing_vfs = *real_vfs;
    failing_vfs.pNext = nullptr;
    failing_vfs.zName = "failing";
    failing_vfs.xOpen = OpenFailing;
    ASSERT_EQ(sqlite3_vfs_register(&failing_vfs, 1), SQLITE_OK);
  }
  void TearDown() override {
    write_error = SQLITE_OK;
    sync_error = SQLITE_OK;
    sqlite3_vfs_unregister(&failing_vfs);
    sqlite3_vfs_register(real_vfs, 1);
  }
};

TEST_F(SqliteDiskErrorTest, EveryCommitIsSyncedBeforeItIsAcknowledged) {
  const auto store = OpenLoaded();
  for (int i = 0; i < 3; ++i) {
    const int before = syncs;
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", std::to_string(i))}).ok());
    EXPECT_GT(syncs, before);
  }
}

TEST_F(SqliteDiskErrorTest, AFullDiskRefusesAndRecovers) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "1"), Put("b", "1")}).ok());
    write_error = SQLITE_FULL;
    const absl::Status status = CommitAndWait(*store, {Put("a", "2"), Delete("b"), Put("c", "2")});
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_TRUE(HasReason(status, "STORE_FULL"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(directory_.path()));
    EXPECT_FALSE(recorder_.commits().back().ok);
    write_error = SQLITE_OK;
    EXPECT_TRUE(CommitAndWait(*store, {Put("d", "3")}).ok());
  }
  EXPECT_THAT(Stored(), ElementsAre(StoredSession{"a", "1"}, StoredSession{"b", "1"}, StoredSession{"d", "3"}));
}

// Nobody has to try: the store finds out by itself.
TEST_F(SqliteDiskErrorTest, TellsThatTheDiskIsFullAndThatItIsNotAnyMore) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "1")}).ok());
    EXPECT_TRUE(recorder_.AwaitProblem(""));
    write_error = SQLITE_FULL;
    EXPECT_FALSE(CommitAndWait(*store, {Put("b", "1")}).ok());
    EXPECT_TRUE(recorder_.AwaitProblem("STORE_FULL"));
    write_error = SQLITE_IOERR_WRITE;
    EXPECT_TRUE(recorder_.AwaitProblem("STORE_FAILED"));
    write_error = SQLITE_OK;
    EXPECT_TRUE(recorder_.AwaitProblem(""));
    EXPECT_TRUE(CommitAndWait(*store, {Put("c", "1")}).ok());
  }
  EXPECT_THAT(Stored(), ElementsAre(StoredSession{"a", "1"}, StoredSession{"c", "1"}));
}

TEST_F(SqliteDiskErrorTest, AStoreOpensOnAFullDisk) {
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {Put("a", "1")}).ok()); }
  write_error = SQLITE_FULL;
  std::vector<StoredSession> sessions;
  const auto store = OpenLoaded(&sessions);
  EXPECT_THAT(sessions, ElementsAre(StoredSession{"a", "1"}));
  EXPECT_TRUE(HasReason(CommitAndWait(*store, {Put("b", "1")}), "STORE_FULL"));
}

TEST_F(SqliteDiskErrorTest, AWriteErrorIsUnavailable) {
  const auto store = OpenLoaded();
  write_error = SQLITE_IOERR_WRITE;
  const absl::Status status = CommitAndWait(*store, {Put("a", "1")});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(HasReason(status, "STORE_FAILED"));
  write_error = SQLITE_OK;
  EXPECT_TRUE(CommitAndWait(*store, {Put("a", "2")}).ok());
}

TEST_F(SqliteDiskErrorTest, AfterAFailedSyncNothingIsAcknowledgedAnyMore) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "1")}).ok());
    sync_error = SQLITE_IOERR_FSYNC;
    const absl::Status failed = CommitAndWait(*store, {Put("b", "1")});
    EXPECT_TRUE(HasReason(failed, "STORE_FAILED"));
    EXPECT_THAT(std::string(failed.message()), HasSubstr("may come true")) << "all of it is in the log";
    sync_error = SQLITE_OK;
    const absl::Status status = CommitAndWait(*store, {Put("c", "1")});
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("started anew"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("may come true"))) << "nothing of it was written";
  }
  const std::vector<StoredSession> stored = Stored();
  EXPECT_THAT(stored, ::testing::Contains(StoredSession{"a", "1"}));
  EXPECT_THAT(stored, Not(::testing::Contains(StoredSession{"c", "1"})));
}

TEST_F(SqliteDiskErrorTest, ADiskThatIsFullAtTheFirstStartLeavesNoStoreBehind) {
  write_error = SQLITE_FULL;
  EXPECT_TRUE(HasReason(Refusal(), "STORE_FULL"));
  write_error = SQLITE_OK;
  EXPECT_THAT(Stored(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace holter::store
