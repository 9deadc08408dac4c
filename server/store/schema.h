// What a database of Holter looks like, version by version.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

namespace holter::store {

// The newest version, in the file's user_version.
inline constexpr int kSchemaVersion = 3;

int SchemaVersionOf(SQLite::Database& database);

// Brings a database of version `from` (0: an empty one) to kSchemaVersion in one transaction. Throws SQLite::Exception;
// then nothing has changed.
void Migrate(SQLite::Database& database, int from);

}  // namespace holter::store
