#include "store/sqlite_check.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <string>

#include "store/schema.h"
#include "store/sqlite_file.h"

namespace holter::store {
namespace {

absl::Status CheckMark(const std::string& path, const MarkedCommit& marked, const Progress& progress) {
  if (marked.identity != 0 && marked.identity != progress.identity) {
    return Damaged(path, "it is another database than the one that was here (holter.mark tells)");
  }
  if (marked.sequence <= progress.sequence) return absl::OkStatus();
  return Damaged(path,
                 fmt::format("commits up to number {} were acknowledged, but only {} are there (a write-ahead log "
                             "that was cut or removed, or an old copy of the file)",
                             marked.sequence, progress.sequence));
}

absl::StatusOr<ReadRows> Check(SQLite::Database& database, const std::optional<MarkedCommit>& marked) {
  const std::string& path = database.getFilename();
  const int schema_version = SchemaVersionOf(database);
  const std::optional<Progress> progress = ReadProgress(database, schema_version);
  if (!progress.has_value()) return Damaged(path, "it does not say how far commits have come");
  if (marked.has_value()) {
    if (absl::Status status = CheckMark(path, *marked, *progress); !status.ok()) return status;
  }
  ReadRows rows = ReadAllRows(database, schema_version);
  if (!rows.faults.empty()) return Damaged(path, rows.faults.front());
  if (rows.digest.value() != progress->digest.value()) {
    return Damaged(path, "sessions are missing, or are older than the last commit");
  }
  return rows;
}

}  // namespace

absl::StatusOr<ReadRows> CheckContents(SQLite::Database& database, const std::optional<MarkedCommit>& marked) {
  try {
    return Check(database, marked);
  } catch (const SQLite::Exception& error) {
    // Every file that we make has all tables, so one without is not as we left it.
    if (error.getErrorCode() == SQLITE_ERROR) return Damaged(database.getFilename(), error.what());
    return StatusOf(error, "read the store", database.getFilename());
  }
}

}  // namespace holter::store
