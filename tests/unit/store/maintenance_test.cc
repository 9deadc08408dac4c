// What an operator does to a store: look, repair, restore.
#include "store/maintenance.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/unit/store/store_fixture.h"

namespace holter::store {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kDatabase = "holter.db";
constexpr const char* kMark = "holter.mark";
constexpr WallTime kNow{std::chrono::seconds(1'795'403'715)};  // 2026-11-23T03:15:15Z
constexpr int kSessions = 300;

class MaintenanceTest : public SqliteStoreTest {
 protected:
  void SetUp() override {
    const auto store = OpenLoaded();
    std::vector<Change> changes;
    for (int i = 0; i < kSessions; ++i) changes.push_back(Put(NameOf(i), DeclarationOf(i)));
    changes.push_back(PutLeaseChange{{.tenant = "acme", .owner = "git", .expire_time = kNow}});
    ASSERT_TRUE(CommitAndWait(*store, changes).ok());
    ASSERT_TRUE(CommitAndWait(*store, {Put("zz", "last")}).ok());
  }

  static std::string NameOf(int i) { return "tenants/default/sessions/feed-" + std::to_string(i); }
  static std::string DeclarationOf(int i) {
    return "the declaration of session " + std::to_string(i) + std::string(100, '.');
  }

  // Writes over what is at the first `text` of the database.
  void Overwrite(const std::string& text, const std::string& with) {
    std::string bytes = directory_.Read(kDatabase);
    const size_t at = bytes.find(text);
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, with.size(), with);
    directory_.Write(kDatabase, bytes);
  }
  // Writes over the page of the first `text`.
  void OverwritePage(const std::string& text) {
    constexpr size_t kPage = 4096;
    std::string bytes = directory_.Read(kDatabase);
    const size_t at = bytes.find(text);
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at / kPage * kPage, kPage, std::string(kPage, '\xA5'));
    directory_.Write(kDatabase, bytes);
  }

  MaintenanceReport Repair() {
    auto report = RepairStore(directory_.path(), kNow);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : MaintenanceReport();
  }
};

TEST_F(MaintenanceTest, ASoundStoreIsFoundSoundAndLeftAlone) {
  const std::string before = directory_.Read(kDatabase);
  const auto checked = CheckStore(directory_.path());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->sessions, kSessions + 1);
  EXPECT_THAT(Repair().findings, IsEmpty());
  EXPECT_THAT(Repair().set_aside, IsEmpty());
  EXPECT_TRUE(directory_.Read(kDatabase) == before);
}

TEST_F(MaintenanceTest, NoStoreIsNoStore) {
  const holter::testing::TemporaryDirectory empty;
  EXPECT_TRUE(HasReason(CheckStore(empty.path()).status(), "STORE_NOT_FOUND"));
  EXPECT_TRUE(HasReason(RepairStore(empty.path(), kNow).status(), "STORE_NOT_FOUND"));
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()));
}

TEST_F(MaintenanceTest, AStoreInUseIsLeftAlone) {
  const auto store = OpenLoaded();
  EXPECT_TRUE(HasReason(CheckStore(directory_.path()).status(), "STORE_IN_USE"));
  EXPECT_TRUE(HasReason(RepairStore(directory_.path(), kNow).status(), "STORE_IN_USE"));
  EXPECT_TRUE(HasReason(RestoreStore("/nowhere", directory_.path(), kNow).status(), "STORE_IN_USE"));
}

TEST_F(MaintenanceTest, AFlippedByteCostsOneSession) {
  Overwrite("the declaration of session 77", "THE");
  EXPECT_TRUE(absl::IsDataLoss(CheckStore(directory_.path()).status()));
  const std::string damaged = directory_.Read(kDatabase);
  const MaintenanceReport report = Repair();
  EXPECT_EQ(report.sessions, kSessions);
  EXPECT_THAT(report.findings, Contains(HasSubstr("feed-77 is lost")));
  EXPECT_EQ(report.set_aside, directory_ / "damaged-20261123T031515Z");
  const holter::testing::TemporaryDirectory elsewhere;
  EXPECT_TRUE(directory_.Read("damaged-20261123T031515Z/holter.db") == damaged);

  std::vector<StoredSession> sessions;
  const auto store = OpenLoaded(&sessions);
  ASSERT_NE(store, nullptr);
  EXPECT_THAT(sessions, SizeIs(kSessions));
  EXPECT_EQ(sessions.front().declaration, DeclarationOf(0));
  EXPECT_THAT(*store->LoadLeases(), SizeIs(1));
  EXPECT_TRUE(CommitAndWait(*store, {Put(NameOf(77), "again")}).ok());
}

TEST_F(MaintenanceTest, ABadPageCostsWhatIsOnIt) {
  OverwritePage("the declaration of session 150");
  EXPECT_TRUE(absl::IsDataLoss(CheckStore(directory_.path()).status()));
  const MaintenanceReport report = Repair();
  EXPECT_LT(report.sessions, kSessions);
  EXPECT_GT(report.sessions, kSessions - 60) << "a page holds some thirty, and only they are lost";
  const std::vector<StoredSession> sessions = Stored();
  EXPECT_THAT(sessions, SizeIs(report.sessions));
  EXPECT_EQ(sessions.front().name, NameOf(0));
  EXPECT_EQ(sessions.back().name, "zz") << "what is behind the page is there";
}

TEST_F(MaintenanceTest, WhatALostLogHeldIsToldAndTheRestIsKept) {
  // The mark speaks of a commit that is not there.
  const std::string mark = directory_.Read(kMark);
  const std::string old = directory_.Read(kDatabase);
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {Put("new", "1")}).ok()); }
  directory_.Write(kDatabase, old);
  EXPECT_TRUE(absl::IsDataLoss(Refusal()));
  const MaintenanceReport report = Repair();
  EXPECT_THAT(report.findings, ElementsAre(HasSubstr("were acknowledged")));
  EXPECT_THAT(Stored(), SizeIs(kSessions + 1));
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {Put("new", "1")}).ok()); }
  EXPECT_THAT(Stored(), SizeIs(kSessions + 2)) << "the mark is that of the new database";
}

TEST_F(MaintenanceTest, WhatIsGoneCannotBeRepaired) {
  std::filesystem::remove(directory_ / kDatabase);
  const absl::Status status = RepairStore(directory_.path(), kNow).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("it is gone"));
}

TEST_F(MaintenanceTest, WhatIsNoDatabaseCannotBeRepaired) {
  directory_.Write(kDatabase, std::string(10000, 'x'));
  EXPECT_TRUE(absl::IsDataLoss(RepairStore(directory_.path(), kNow).status()));
  EXPECT_EQ(directory_.Read(kDatabase), std::string(10000, 'x'));
}

TEST_F(MaintenanceTest, RootLeavesNothingInTheDirectoryOfAnother) {
  constexpr uid_t other = 12345;
  if (::geteuid() == 0) ASSERT_EQ(::chown(directory_.path().c_str(), other, other), 0);
  EXPECT_TRUE(HasReason(CheckUser(directory_.path(), 0), "WRONG_USER"));
  EXPECT_TRUE(CheckUser(directory_.path(), other).ok());
  EXPECT_TRUE(CheckUser(directory_ / "none", 0).ok());
}

TEST_F(MaintenanceTest, ABackupIsMadeWhileTheStoreIsUsedAndRestored) {
  const std::string backup = directory_ / "backup.db";
  {
    const auto store = OpenLoaded();
    absl::Notification copied;
    absl::Status result = absl::UnknownError("");
    store->Commit({Put("before", "1")}, [](const absl::Status&) {});
    store->CopyTo(backup, [&](absl::Status status) {
      result = std::move(status);
      copied.Notify();
    });
    copied.WaitForNotification();
    EXPECT_TRUE(result.ok()) << result;
    ASSERT_TRUE(CommitAndWait(*store, {Put("after", "1"), Delete("before")}).ok());
  }
  EXPECT_EQ(CheckBackup(backup).value_or(0), kSessions + 2);
  Overwrite("the declaration of session 77", "THE");
  const auto restored = RestoreStore(backup, directory_.path(), kNow);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->sessions, kSessions + 2);
  EXPECT_EQ(restored->set_aside, directory_ / "replaced-20261123T031515Z");
  const std::vector<StoredSession> sessions = Stored();
  EXPECT_THAT(sessions, Contains(StoredSession{"before", "1"}));
  EXPECT_THAT(sessions, SizeIs(kSessions + 2));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "replaced-20261123T031515Z/holter.mark"));
}

TEST_F(MaintenanceTest, ABackupGoesIntoANewDirectoryToo) {
  std::filesystem::copy_file(directory_ / kDatabase, directory_ / "backup.db");
  const auto restored = RestoreStore(directory_ / "backup.db", directory_ / "new/data", kNow);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_THAT(restored->set_aside, IsEmpty());
  EXPECT_EQ(CheckStore(directory_ / "new/data")->sessions, kSessions + 1);
}

TEST_F(MaintenanceTest, ADatabaseWithItsLogBesideItIsNoBackup) {
  std::filesystem::copy_file(directory_ / kDatabase, directory_ / "other.db");
  directory_.Write("other.db-wal", "");
  EXPECT_TRUE(HasReason(RestoreStore(directory_ / "other.db", directory_.path(), kNow).status(), "NOT_A_BACKUP"));
  EXPECT_THAT(Stored(), SizeIs(kSessions + 1));
}

TEST_F(MaintenanceTest, ABackupThatIsDamagedChangesNothing) {
  std::filesystem::copy_file(directory_ / kDatabase, directory_ / "backup.db");
  const std::vector<StoredSession> before = Stored();
  {
    SQLite::Database database(directory_ / "backup.db", SQLite::OPEN_READWRITE);
    database.exec("DELETE FROM sessions WHERE name = 'zz'");
  }
  const absl::Status status = RestoreStore(directory_ / "backup.db", directory_.path(), kNow).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("backup.db cannot be restored"));
  EXPECT_FALSE(RestoreStore(directory_ / "no-backup.db", directory_.path(), kNow).ok());
  EXPECT_TRUE(Stored() == before);
}

}  // namespace
}  // namespace holter::store
