// Whether a database holds what was acknowledged: every row, and every commit.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>

#include "absl/status/statusor.h"
#include "store/commit_mark.h"
#include "store/sqlite_tables.h"

namespace holter::store {

// All rows of a database that is sound, of any schema. `marked`: what the mark beside it says; none: nothing, as in a
// backup. DATA_LOSS, STORE_DAMAGED, else. Changes nothing.
absl::StatusOr<ReadRows> CheckContents(SQLite::Database& database, const std::optional<MarkedCommit>& marked);

}  // namespace holter::store
