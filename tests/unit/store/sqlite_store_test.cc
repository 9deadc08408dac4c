#include <sys/stat.h>

#include <filesystem>

#include "tests/unit/store/store_fixture.h"

namespace holter::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(SqliteStoreTest, ANewDirectoryIsEmpty) { EXPECT_THAT(Stored(), IsEmpty()); }

TEST_F(SqliteStoreTest, KeepsWhatWasCommittedInTheOrderOfNames) {
  std::string binary("\0\xff\n", 3);
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("b", "2"), Put("a-b", "3"), Put("a", binary)}).ok());
  }
  EXPECT_THAT(Stored(), ElementsAre(StoredSession{"a", binary}, StoredSession{"a-b", "3"}, StoredSession{"b", "2"}));
}

TEST_F(SqliteStoreTest, ReplacesAndDeletes) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "1"), Put("b", "1"), Put("c", "")}).ok());
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "2"), Delete("b"), Delete("never there")}).ok());
  }
  EXPECT_THAT(Stored(), ElementsAre(StoredSession{"a", "2"}, StoredSession{"c", ""}));
}

TEST_F(SqliteStoreTest, ChangesOfABatchApplyInOrder) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "1"), Delete("a"), Put("b", "1"), Put("b", "2")}).ok());
  }
  EXPECT_THAT(Stored(), ElementsAre(StoredSession{"b", "2"}));
}

TEST_F(SqliteStoreTest, SurvivesWithoutAClose) {
  const auto store = OpenLoaded();
  ASSERT_TRUE(CommitAndWait(*store, {Put("a", "1")}).ok());
  // What a kill would leave behind: the files as they are now.
  const holter::testing::TemporaryDirectory copy;
  for (const char* file : {"holter.db", "holter.db-wal", "holter.mark"}) {
    std::filesystem::copy_file(directory_ / file, copy / file);
  }
  const auto other = OpenSqliteStore(copy.path(), NullOperationObserver());
  ASSERT_TRUE(other.ok()) << other.status();
  const auto sessions = (*other)->Load();
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  EXPECT_THAT(*sessions, ElementsAre(StoredSession{"a", "1"}));
}

TEST_F(SqliteStoreTest, BatchesThatWaitShareASync) {
  const auto store = OpenLoaded();
  recorder_.Hold();
  std::vector<absl::Status> results;
  const auto done = [&results](absl::Status status) { results.push_back(std::move(status)); };
  store->Commit({Put("first", "1")}, done);
  recorder_.AwaitCommits(1);  // is under way and held
  for (int i = 0; i < 10; ++i) {
    store->Commit({Put("s" + std::to_string(i), "1"), Put("t" + std::to_string(i), "1")}, done);
  }
  recorder_.Release();
  ASSERT_TRUE(CommitAndWait(*store, {Delete("first")}).ok());
  const auto commits = recorder_.commits();
  EXPECT_EQ(results.size(), 11);
  EXPECT_THAT(results, ::testing::Each(absl::OkStatus()));
  ASSERT_GE(commits.size(), 2);
  ASSERT_LE(commits.size(), 3);  // the delete may have come in time for the second
  EXPECT_EQ(commits[0].changes, 1);
  EXPECT_GE(commits[1].changes, 20);
  EXPECT_TRUE(commits[1].ok);
}

TEST_F(SqliteStoreTest, DonesComeInTheOrderOfCommits) {
  const auto store = OpenLoaded();
  std::vector<int> order;
  absl::Notification last;
  for (int i = 0; i < 100; ++i) {
    store->Commit({Put("s", std::to_string(i))}, [&order, &last, i](const absl::Status&) {
      order.push_back(i);
      if (i == 99) last.Notify();
    });
  }
  last.WaitForNotification();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.size(), 100);
}

TEST_F(SqliteStoreTest, TheDestructorCommitsWhatWaits) {
  size_t done = 0;
  {
    const auto store = OpenLoaded();
    for (int i = 0; i < 50; ++i) {
      store->Commit({Put("s" + std::to_string(i), "1")}, [&done](const absl::Status& status) { done += status.ok(); });
    }
  }
  EXPECT_EQ(done, 50);
  EXPECT_EQ(Stored().size(), 50);
}

TEST_F(SqliteStoreTest, ADoneMayCommitAgain) {
  const auto store = OpenLoaded();
  absl::Notification finished;
  store->Commit({Put("a", "1")}, [&](const absl::Status&) {
    store->Commit({Put("b", "1")}, [&](const absl::Status&) { finished.Notify(); });
  });
  finished.WaitForNotification();
}

TEST_F(SqliteStoreTest, MakesADirectoryForItsOwnerOnly) {
  const std::string path = directory_ / "new/data";
  ASSERT_TRUE(OpenSqliteStore(path, recorder_).ok());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat((path + "/holter.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(SqliteStoreTest, ASecondDaemonIsRefused) {
  const auto store = OpenLoaded();
  const absl::Status status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(HasReason(status, "STORE_IN_USE"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory_.path()));
  EXPECT_THAT(std::string(status.message()), HasSubstr(std::to_string(::getpid())));
  // And did no harm.
  EXPECT_TRUE(CommitAndWait(*store, {Put("a", "1")}).ok());
}

// The open file would take writes that nobody finds again.
TEST_F(SqliteStoreTest, ADirectoryThatWasRemovedTakesNoChanges) {
  const auto store = OpenLoaded();
  ASSERT_TRUE(CommitAndWait(*store, {Put("a", "1")}).ok());
  std::filesystem::rename(directory_ / "holter.db", directory_ / "elsewhere");
  const absl::Status status = CommitAndWait(*store, {Put("b", "1")});
  EXPECT_TRUE(HasReason(status, "STORE_FAILED")) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("removed or replaced"));
  std::filesystem::rename(directory_ / "elsewhere", directory_ / "holter.db");
  EXPECT_TRUE(recorder_.AwaitProblem(""));
  EXPECT_TRUE(CommitAndWait(*store, {Put("c", "1")}).ok());
}

TEST_F(SqliteStoreTest, ADirectoryThatCannotBeMadeIsNamed) {
  directory_.Write("file", "");
  const absl::Status status = OpenSqliteStore(directory_ / "file/data", recorder_).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory_ / "file"));
}

TEST_F(SqliteStoreTest, ADirectoryThatCannotBeWrittenIsRefused) {
  // /proc takes no files from anybody, root included.
  const absl::Status status = OpenSqliteStore("/proc/self/holter", recorder_).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/self/holter"));
  const absl::Status lock = OpenSqliteStore("/proc/self", recorder_).status();
  EXPECT_FALSE(lock.ok());
  EXPECT_THAT(std::string(lock.message()), HasSubstr("/proc/self/holter.lock"));
}

TEST(MemoryStoreTest, AcknowledgesAndForgets) {
  const std::unique_ptr<Store> store = MakeMemoryStore();
  EXPECT_THAT(store->Load().value(), IsEmpty());
  EXPECT_TRUE(CommitAndWait(*store, {Put("a", "1"), Delete("b")}).ok());
}

TEST(MemoryStoreTest, TheDestructorAcknowledgesWhatWaits) {
  size_t done = 0;
  {
    const std::unique_ptr<Store> store = MakeMemoryStore();
    for (int i = 0; i < 50; ++i) {
      store->Commit({Put("a", "1")}, [&done](const absl::Status& status) { done += status.ok(); });
    }
  }
  EXPECT_EQ(done, 50);
}

}  // namespace
}  // namespace holter::store
