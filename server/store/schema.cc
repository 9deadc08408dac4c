#include "store/schema.h"

#include <fmt/format.h>

#include <array>

namespace holter::store {
namespace {

struct Migration {
  int version;  // that it leads to, from the one before
  const char* sql;
};

// Never changed once released: files of every version are out there. Times are nanoseconds since 1970.
constexpr std::array<Migration, kSchemaVersion> kMigrations = {{
    {.version = 1, .sql = R"sql(
       CREATE TABLE sessions(
         name TEXT NOT NULL PRIMARY KEY,
         declaration BLOB NOT NULL,
         checksum INTEGER NOT NULL
       ) WITHOUT ROWID;
       CREATE TABLE progress(
         one INTEGER PRIMARY KEY CHECK(one = 1),
         sequence INTEGER NOT NULL,
         digest INTEGER NOT NULL
       );
       INSERT INTO progress VALUES(1, 0, 0);
     )sql"},
    {.version = 2, .sql = R"sql(
       CREATE TABLE requests(
         tenant TEXT NOT NULL,
         id TEXT NOT NULL,
         method TEXT NOT NULL,
         fingerprint BLOB NOT NULL,
         answer BLOB NOT NULL,
         time INTEGER NOT NULL,
         checksum INTEGER NOT NULL,
         PRIMARY KEY(tenant, id)
       ) WITHOUT ROWID;
     )sql"},
    // The identity tells a database from another that was put in its place.
    {.version = 3, .sql = R"sql(
       ALTER TABLE progress ADD COLUMN identity INTEGER NOT NULL DEFAULT 0;
       UPDATE progress SET identity = random();
       CREATE TABLE leases(
         tenant TEXT NOT NULL,
         owner TEXT NOT NULL,
         expire_time INTEGER NOT NULL,
         checksum INTEGER NOT NULL,
         PRIMARY KEY(tenant, owner)
       ) WITHOUT ROWID;
     )sql"},
}};

}  // namespace

int SchemaVersionOf(SQLite::Database& database) { return database.execAndGet("PRAGMA user_version").getInt(); }

void Migrate(SQLite::Database& database, int from) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (const Migration& migration : kMigrations) {
    if (migration.version > from) database.exec(migration.sql);
  }
  database.exec(fmt::format("PRAGMA user_version={}", kSchemaVersion));
  transaction.commit();
}

}  // namespace holter::store
