#include "store/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/error.h"
#include "store/commit_mark.h"
#include "store/directory_lock.h"
#include "store/schema.h"

namespace holter::store {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr size_t kHeaderBytes = 100;
constexpr size_t kUserVersionAt = 60;
constexpr size_t kApplicationIdAt = 68;

bool Exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

// Made under another name and renamed when it is whole and on disk, so that a file of the right name was once a
// database: one that is empty or half written is damage and not a start that was cut short.
absl::Status MakeDatabase(const std::string& directory) {
  const std::string draft = DatabasePathIn(directory) + ".new";
  if (absl::Status status = MakeDatabaseFile(draft); !status.ok()) return status;
  return PutInPlace(draft, DatabasePathIn(directory));
}

uint32_t BigEndianAt(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (const char byte : bytes.substr(at, 4)) {
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  return value;
}

// Reads the header ourselves: SQLite would already write to a file that may be somebody else's.
absl::Status CheckHeader(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return FileError("read", path, errno);
  std::string header(kHeaderBytes, '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  header.resize(static_cast<size_t>(file.gcount()));
  if (header.empty()) return Damaged(path, "it is empty");
  if (!header.starts_with(kMagic)) return Damaged(path, "it is not a SQLite database");
  if (header.size() < kHeaderBytes) return Damaged(path, "it is shorter than a SQLite header");
  if (BigEndianAt(header, kApplicationIdAt) != kApplicationId) {
    return Damaged(path, "it is a SQLite database, but not one of Holter");
  }
  const uint32_t version = BigEndianAt(header, kUserVersionAt);
  if (version > kSchemaVersion) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "STORE_NEWER",
                     fmt::format("{} was written by a newer holterd (schema {}, this one knows {}); run that version, "
                                 "or choose another --data-dir",
                                 path, version, kSchemaVersion),
                     {{"path", path}, {"schema", std::to_string(version)}});
  }
  if (version < 1) return Damaged(path, "its schema version is missing");
  return absl::OkStatus();
}

absl::Status CheckPages(SQLite::Database& database, const std::string& path) {
  SQLite::Statement check(database, "PRAGMA quick_check(1)");
  if (!check.executeStep()) return Damaged(path, "SQLite's check gave no answer");
  const std::string answer = check.getColumn(0).getString();
  if (answer != "ok") return Damaged(path, fmt::format("SQLite's check says: {}", answer));
  return absl::OkStatus();
}

absl::Status Configure(SQLite::Database& database, const std::string& path) {
  sqlite3_extended_result_codes(database.getHandle(), 1);
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // Exclusive before the first access: the index of the log then lives in our memory and not in a shared file.
  database.exec("PRAGMA locking_mode=EXCLUSIVE");
  SQLite::Statement journal(database, "PRAGMA journal_mode=WAL");
  if (!journal.executeStep() || journal.getColumn(0).getString() != "wal") {
    return MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED",
                     fmt::format("cannot keep a write-ahead log for {}", path), {{"path", path}});
  }
  database.exec("PRAGMA synchronous=FULL");
  database.exec("PRAGMA journal_size_limit=16777216");
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeDatabaseFile(const std::string& path) {
  RemoveDatabase(path);
  try {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(fmt::format("PRAGMA application_id={}", kApplicationId));
    Migrate(database, 0);
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "make a database", path);
  }
  return absl::OkStatus();
}

void RemoveDatabase(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(path + suffix, ignored);
  }
}

absl::Status PutInPlace(const std::string& draft, const std::string& path) {
  if (::chmod(draft.c_str(), 0600) != 0) return FileError("set the mode of", draft, errno);
  if (absl::Status status = SyncPath(draft); !status.ok()) return status;
  if (::rename(draft.c_str(), path.c_str()) != 0) return FileError("rename", draft, errno);
  return SyncPath(std::filesystem::path(path).parent_path().string());
}

std::string DatabasePathIn(const std::string& directory) { return directory + "/holter.db"; }

absl::Status Damaged(std::string_view path, std::string_view what) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return MakeError(
      absl::StatusCode::kDataLoss, "STORE_DAMAGED",
      fmt::format(
          "the store {0} is damaged: {1}. Nothing was changed. `holterd --data-dir={2} --restore-store=BACKUP` "
          "puts a backup in its place; `holterd --data-dir={2} --repair-store` keeps what is whole. Both keep the "
          "damaged files",
          path, what, directory),
      {{"path", std::string(path)}, {"damage", std::string(what)}});
}

absl::Status StatusOf(const SQLite::Exception& error, std::string_view doing, std::string_view path, int system_error) {
  const int code = error.getErrorCode() & 0xFF;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return Damaged(path, error.what());
  const std::string message = fmt::format("cannot {} in {}: {}", doing, path, error.what());
  const std::vector<std::pair<std::string, std::string>> metadata{{"path", std::string(path)}};
  if (code == SQLITE_FULL || (code == SQLITE_IOERR && IsNoSpace(system_error))) {
    return MakeError(absl::StatusCode::kResourceExhausted, "STORE_FULL", message, metadata);
  }
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return MakeError(absl::StatusCode::kFailedPrecondition, "STORE_IN_USE", message, metadata);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return MakeError(absl::StatusCode::kPermissionDenied, "STORE_NOT_WRITABLE", message, metadata);
    default:
      return MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED", message, metadata);
  }
}

int LastErrnoOf(SQLite::Database& database) {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  int error = 0;
  if (log != nullptr && log->pMethods != nullptr) log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

void AllowCheckpointOnClose(SQLite::Database& database) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenDatabase(const std::string& directory) {
  const std::string path = DatabasePathIn(directory);
  if (!Exists(path)) {
    for (const std::string& remnant : {path + "-wal", CommitMark::PathIn(directory)}) {
      if (Exists(remnant)) return Damaged(path, fmt::format("it is gone, but {} is there", remnant));
    }
    if (absl::Status status = MakeDatabase(directory); !status.ok()) return status;
  }
  absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenAnyDatabase(path);
  if (!database.ok()) return database;
  try {
    if (absl::Status status = CheckPages(**database, path); !status.ok()) return status;
    return database;
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "open the database", path);
  }
}

absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenAnyDatabase(const std::string& path) {
  if (absl::Status status = CheckHeader(path); !status.ok()) return status;
  try {
    auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE);
    if (absl::Status status = Configure(*database, path); !status.ok()) return status;
    return database;
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "open the database", path);
  }
}

}  // namespace holter::store
