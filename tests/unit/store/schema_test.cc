// A store that an older holterd wrote is read, and brought to the newest schema.
#include "store/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

#include "tests/unit/store/store_fixture.h"

namespace holter::store {
namespace {

using ::testing::HasSubstr;

class SchemaTest : public SqliteStoreTest {
 protected:
  // data/schema-1.*: three sessions, written by the last holterd that knew nothing but schema 1.
  void PlaceVersion1() {
    const std::string data = HOLTER_SOURCE_DIR "/tests/unit/store/data/";
    std::filesystem::copy_file(data + "schema-1.db", directory_ / "holter.db");
    std::filesystem::copy_file(data + "schema-1.mark", directory_ / "holter.mark");
  }

  // The schema as SQLite tells it, and its version.
  std::string SchemaOf(const std::string& path) {
    SQLite::Database database(path, SQLite::OPEN_READONLY);
    std::string text = "version" + std::to_string(SchemaVersionOf(database));
    SQLite::Statement read(database, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
    while (read.executeStep()) text += "\n" + read.getColumn(0).getString();
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });  // which are of no meaning
    return text;
  }
};

TEST_F(SchemaTest, Version1IsReadAndMigrated) {
  PlaceVersion1();
  const std::vector<StoredSession> sessions = Stored();
  ASSERT_EQ(sessions.size(), 3);
  EXPECT_EQ(sessions[0].name, "tenants/acme/sessions/prices");
  EXPECT_THAT(sessions[1].declaration, HasSubstr("ws://127.0.0.1:9/one"));
  EXPECT_TRUE(Stored() == sessions) << "and once more, from the new schema";
  const holter::testing::TemporaryDirectory fresh;
  { ASSERT_TRUE(OpenSqliteStore(fresh.path(), recorder_).ok()); }
  EXPECT_EQ(SchemaOf(directory_ / "holter.db"), SchemaOf(fresh / "holter.db"));
}

TEST_F(SchemaTest, TheNewTablesOfAMigratedStoreWork) {
  PlaceVersion1();
  {
    const auto store = OpenLoaded();
    StoredRequest request;
    request.tenant = "acme";
    ASSERT_TRUE(CommitAndWait(*store, {PutRequestChange{request}, PutLeaseChange{{.tenant = "acme", .owner = "git"}},
                                       Delete("tenants/acme/sessions/prices")})
                    .ok());
  }
  const auto store = OpenLoaded();
  EXPECT_EQ(store->LoadRequests()->size(), 1);
  EXPECT_EQ(store->LoadLeases()->size(), 1);
}

TEST_F(SchemaTest, ADamagedStoreOfVersion1IsLeftAsItIs) {
  PlaceVersion1();
  std::string bytes = directory_.Read("holter.db");
  bytes[bytes.find("9/one") + 2] = 'X';
  directory_.Write("holter.db", bytes);
  EXPECT_TRUE(absl::IsDataLoss(Refusal()));
  EXPECT_TRUE(directory_.Read("holter.db") == bytes);
  EXPECT_THAT(SchemaOf(directory_ / "holter.db"), HasSubstr("version1"));
}

TEST_F(SchemaTest, TheMarkOfVersion1IsHeeded) {
  PlaceVersion1();
  {
    SQLite::Database database(directory_ / "holter.db", SQLite::OPEN_READWRITE);
    database.exec("UPDATE progress SET sequence = 0");
  }
  EXPECT_THAT(std::string(Refusal().message()), HasSubstr("were acknowledged"));
}

TEST_F(SchemaTest, EveryDatabaseHasAnIdentityOfItsOwn) {
  std::vector<int64_t> identities;
  for (int i = 0; i < 2; ++i) {
    const holter::testing::TemporaryDirectory fresh;
    { ASSERT_TRUE(OpenSqliteStore(fresh.path(), recorder_).ok()); }
    SQLite::Database database(fresh / "holter.db", SQLite::OPEN_READONLY);
    identities.push_back(database.execAndGet("SELECT identity FROM progress").getInt64());
  }
  EXPECT_NE(identities[0], 0);
  EXPECT_NE(identities[0], identities[1]);
}

}  // namespace
}  // namespace holter::store
