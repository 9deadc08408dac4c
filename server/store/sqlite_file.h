// The file that holds the declarations: made, told apart from others, checked. Says nothing of rows and commits.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holter::store {

// "HOLT", in the file's application_id.
inline constexpr int kApplicationId = 0x484F4C54;

std::string DatabasePathIn(const std::string& directory);

// Opens the database in `directory`, whose lock the caller holds. A directory without one gets one; a database that is
// foreign, newer, cut or damaged is refused and left as it is, its write-ahead log too, until AllowCheckpointOnClose.
absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenDatabase(const std::string& directory);

// The same without making one and without a look at its pages, which need not be whole.
absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenAnyDatabase(const std::string& path);

// A new, empty database at `path`, not synced; what was there goes.
absl::Status MakeDatabaseFile(const std::string& path);
// Removes a database that is not open, its log too.
void RemoveDatabase(const std::string& path);
// Syncs `draft`, a database that is not open, and renames it to `path` in the same directory.
absl::Status PutInPlace(const std::string& draft, const std::string& path);

// What the last call of the operating system that failed on the log said; 0: none did. SQLite has no code of its own
// for a quota.
int LastErrnoOf(SQLite::Database& database);

// Call when all of the database is known to be sound: from now on its log is folded into it when it is closed.
void AllowCheckpointOnClose(SQLite::Database& database);

// DATA_LOSS, STORE_DAMAGED: which file, what is wrong with it, and what the operator can do.
absl::Status Damaged(std::string_view path, std::string_view what);

// What an exception of SQLite means to a caller. `doing` completes "cannot …"; `system_error` is SQLite's errno, if it
// is known.
absl::Status StatusOf(const SQLite::Exception& error, std::string_view doing, std::string_view path,
                      int system_error = 0);

}  // namespace holter::store
