// A damaged, foreign or newer store is refused in words, and left as it is.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <filesystem>

#include "base/random.h"
#include "store/schema.h"
#include "tests/support/seed.h"
#include "tests/unit/store/store_fixture.h"

namespace holter::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kDatabase = "holter.db";
constexpr const char* kLog = "holter.db-wal";
constexpr const char* kMark = "holter.mark";

class SqliteDamageTest : public SqliteStoreTest {
 protected:
  // A closed store with some sessions, all of it in the database file.
  void Fill(int sessions = 200) {
    const auto store = OpenLoaded();
    std::vector<Change> changes;
    for (int i = 0; i < sessions; ++i) {
      changes.push_back(Put("session-" + std::to_string(i), "the declaration of session " + std::to_string(i)));
    }
    ASSERT_TRUE(CommitAndWait(*store, changes).ok());
  }

  // Copies what a running store has on disk into `target`.
  void CopyFiles(const holter::testing::TemporaryDirectory& target) const {
    for (const char* file : {kDatabase, kLog, kMark}) {
      if (std::filesystem::exists(directory_ / file)) std::filesystem::copy_file(directory_ / file, target / file);
    }
  }

  void ExpectDamaged(std::string_view what) {
    const std::string before = std::filesystem::exists(directory_ / kDatabase) ? directory_.Read(kDatabase) : "";
    for (int round = 0; round < 2; ++round) {  // the second finds what the first left
      const absl::Status status = Refusal();
      EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      EXPECT_TRUE(HasReason(status, "STORE_DAMAGED"));
      EXPECT_THAT(std::string(status.message()), HasSubstr(directory_ / kDatabase));
      EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(what)));
      EXPECT_THAT(std::string(status.message()), HasSubstr("--repair-store"));
    }
    if (!before.empty()) {
      EXPECT_TRUE(directory_.Read(kDatabase) == before) << "the file was changed";
    }
  }

  void Execute(const std::string& sql) {
    SQLite::Database database(directory_ / kDatabase, SQLite::OPEN_READWRITE);
    database.exec(sql);
  }
};

TEST_F(SqliteDamageTest, AnEmptyFile) {
  Fill();
  directory_.Write(kDatabase, "");
  ExpectDamaged("it is empty");
}

TEST_F(SqliteDamageTest, AnEmptyFileThatWasNeverAStore) {
  directory_.Write(kDatabase, "");
  ExpectDamaged("it is empty");
}

TEST_F(SqliteDamageTest, Garbage) {
  directory_.Write(kDatabase, std::string(10000, 'x'));
  ExpectDamaged("it is not a SQLite database");
}

TEST_F(SqliteDamageTest, AHeaderCutShort) {
  Fill();
  directory_.Write(kDatabase, directory_.Read(kDatabase).substr(0, 50));
  ExpectDamaged("shorter than a SQLite header");
}

TEST_F(SqliteDamageTest, SomebodyElsesDatabase) {
  {
    SQLite::Database other(directory_ / kDatabase, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)");
  }
  ExpectDamaged("not one of Holter");
}

TEST_F(SqliteDamageTest, ADatabaseThatIsGone) {
  Fill();
  std::filesystem::remove(directory_ / kDatabase);
  ExpectDamaged("it is gone");
  EXPECT_FALSE(std::filesystem::exists(directory_ / kDatabase));
}

TEST_F(SqliteDamageTest, ANewerSchema) {
  Fill();
  Execute(fmt::format("PRAGMA user_version={}", kSchemaVersion + 1));
  const absl::Status status = Refusal();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(HasReason(status, "STORE_NEWER"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("newer holterd"));
}

TEST_F(SqliteDamageTest, NoSchemaVersion) {
  Fill();
  Execute("PRAGMA user_version=0");
  ExpectDamaged("schema version");
}

TEST_F(SqliteDamageTest, ATableThatIsMissing) {
  Fill();
  Execute("DROP TABLE progress");
  ExpectDamaged("no such table");
}

TEST_F(SqliteDamageTest, AFileCutInHalf) {
  Fill();
  const std::string whole = directory_.Read(kDatabase);
  directory_.Write(kDatabase, whole.substr(0, whole.size() / 2));
  ExpectDamaged("");
}

TEST_F(SqliteDamageTest, APageOverwritten) {
  Fill();
  std::string whole = directory_.Read(kDatabase);
  ASSERT_GT(whole.size(), 3 * 4096);
  whole.replace(2 * 4096, 4096, std::string(4096, '\xA5'));
  directory_.Write(kDatabase, whole);
  ExpectDamaged("");
}

TEST_F(SqliteDamageTest, AFlippedByteOfADeclaration) {
  Fill();
  std::string whole = directory_.Read(kDatabase);
  const size_t at = whole.find("the declaration of session 77");
  ASSERT_NE(at, std::string::npos);
  whole[at] = 'T';
  directory_.Write(kDatabase, whole);
  ExpectDamaged("session-77");
}

// Every byte of the file is either without meaning, or its change is noticed: never are other sessions loaded than were
// committed.
TEST_F(SqliteDamageTest, NoFlippedByteGoesUnnoticed) {
  Fill(40);
  const std::vector<StoredSession> committed = Stored();
  const std::string whole = directory_.Read(kDatabase);
  Random random(holter::testing::TestSeed());
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    const size_t at = random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    directory_.Write(kDatabase, damaged);
    std::filesystem::remove(directory_ / kLog);
    auto store = Open();
    if (!store.ok()) continue;
    const auto sessions = (*store)->Load();
    if (sessions.ok()) {
      EXPECT_TRUE(*sessions == committed) << "byte " << at;
    }
  }
}

TEST_F(SqliteDamageTest, AnotherDatabaseInItsPlace) {
  const holter::testing::TemporaryDirectory elsewhere;
  {
    const auto other = OpenSqliteStore(elsewhere.path(), NullOperationObserver());
    ASSERT_TRUE(other.ok() && (*other)->Load().ok());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(CommitAndWait(**other, {Put("a", "1")}).ok());
  }
  Fill();
  directory_.Write(kDatabase, elsewhere.Read(kDatabase));
  ExpectDamaged("another database");
}

TEST_F(SqliteDamageTest, AnOldCopyInItsPlace) {
  Fill();
  const std::string old = directory_.Read(kDatabase);
  { ASSERT_TRUE(CommitAndWait(*OpenLoaded(), {Put("new", "1")}).ok()); }
  directory_.Write(kDatabase, old);
  ExpectDamaged("were acknowledged");
}

TEST_F(SqliteDamageTest, ARowThatIsMissing) {
  Fill();
  Execute("DELETE FROM sessions WHERE name = 'session-5'");
  ExpectDamaged("sessions are missing");
}

TEST_F(SqliteDamageTest, AnOldVersionOfARow) {
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "old")}).ok());
  }
  Execute("CREATE TABLE kept AS SELECT * FROM sessions");
  {
    const auto store = OpenLoaded();
    ASSERT_TRUE(CommitAndWait(*store, {Put("a", "new")}).ok());
  }
  Execute("INSERT OR REPLACE INTO sessions SELECT * FROM kept");
  ExpectDamaged("older than the last commit");
}

class SqliteLogDamageTest : public SqliteDamageTest {
 protected:
  // Files as a kill leaves them after `commits`, the log not folded in.
  void Crash(int commits) {
    holter::testing::TemporaryDirectory left;
    {
      const auto store = OpenLoaded();
      for (int i = 0; i < commits; ++i) {
        ASSERT_TRUE(CommitAndWait(*store, {Put("s" + std::to_string(i), std::string(2000, 'd'))}).ok());
      }
      CopyFiles(left);
    }
    for (const char* file : {kDatabase, kLog, kMark}) {
      directory_.Write(file, left.Read(file));
    }
  }
};

TEST_F(SqliteLogDamageTest, AWholeLogIsReplayed) {
  Crash(8);
  EXPECT_EQ(Stored().size(), 8);
}

TEST_F(SqliteLogDamageTest, ALogCutInHalf) {
  Crash(8);
  const std::string log = directory_.Read(kLog);
  directory_.Write(kLog, log.substr(0, log.size() / 2));
  ExpectDamaged("commits up to number 8 were acknowledged");
}

TEST_F(SqliteLogDamageTest, ALogThatIsGone) {
  Crash(8);
  std::filesystem::remove(directory_ / kLog);
  ExpectDamaged("were acknowledged");
}

TEST_F(SqliteLogDamageTest, AFlippedByteOfTheLog) {
  Crash(8);
  std::string log = directory_.Read(kLog);
  log[log.size() / 2] = static_cast<char>(log[log.size() / 2] ^ 1);
  directory_.Write(kLog, log);
  ExpectDamaged("were acknowledged");
}

// A crash in the middle of a commit that nobody was told of is no damage.
TEST_F(SqliteLogDamageTest, ATornTailIsNoDamage) {
  Crash(8);
  directory_.Write(kLog, directory_.Read(kLog) + std::string(3000, '\x17'));
  EXPECT_EQ(Stored().size(), 8);
}

TEST_F(SqliteLogDamageTest, AMarkThatIsBehindIsNoDamage) {
  Crash(3);
  const std::string behind = directory_.Read(kMark);
  Crash(5);
  directory_.Write(kMark, behind);
  EXPECT_EQ(Stored().size(), 5);
}

TEST_F(SqliteLogDamageTest, AMarkThatIsGoneOrBrokenIsNoDamage) {
  Crash(3);
  for (const char* broken :
       {"holter-mark 00000000000000ff 00000000\n", "holter-mark2 00000000000000ff", "holter-mark2 ",
        "holter-mark2 00000000000000ff 00000000000000ff 00000000\n", "", "something else"}) {
    directory_.Write(kMark, broken);
    EXPECT_EQ(Stored().size(), 3) << broken;
  }
  std::filesystem::remove(directory_ / kMark);
  EXPECT_EQ(Stored().size(), 3);
}

}  // namespace
}  // namespace holter::store
