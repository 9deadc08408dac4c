#include "store/maintenance.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "store/commit_mark.h"
#include "store/directory_lock.h"
#include "store/salvage.h"
#include "store/schema.h"
#include "store/sqlite_check.h"
#include "store/sqlite_file.h"

namespace holter::store {
namespace {

bool IsThere(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Whether there is a store, or what is left of one.
bool HasStore(const std::string& data_dir) {
  const std::string path = DatabasePathIn(data_dir);
  return IsThere(path) || IsThere(path + "-wal") || IsThere(CommitMark::PathIn(data_dir));
}

absl::Status NoStore(const std::string& data_dir) {
  const std::string path = DatabasePathIn(data_dir);
  return MakeError(absl::StatusCode::kNotFound, "STORE_NOT_FOUND", fmt::format("there is no store {}", path),
                   {{"path", path}});
}

// Links the files of a store into a new directory beside them; returns it. They stay where they are.
absl::StatusOr<std::string> LinkAside(const std::string& data_dir, std::string_view word, WallTime now) {
  const std::string aside = fmt::format("{}/{}-{}", data_dir, word, FileTime(now));
  if (absl::Status status = EnsureDirectory(aside); !status.ok()) return status;
  const std::string database = DatabasePathIn(data_dir);
  for (const std::string& path : {database, database + "-wal", CommitMark::PathIn(data_dir)}) {
    const std::string to = aside + "/" + std::filesystem::path(path).filename().string();
    if (::link(path.c_str(), to.c_str()) != 0 && errno != ENOENT) return FileError("link", to, errno);
  }
  if (absl::Status status = SyncPath(aside); !status.ok()) return status;
  return aside;
}

absl::Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return FileError("remove", path, errno);
  return SyncPath(std::filesystem::path(path).parent_path().string());
}

// The order matters when power is lost: the old database without its log is refused because of its mark, the new one
// beside the old mark is; only the new one without a mark is taken.
absl::StatusOr<std::string> Replace(const std::string& data_dir, const std::string& draft, std::string_view word,
                                    WallTime now) {
  const std::string path = DatabasePathIn(data_dir);
  absl::StatusOr<std::string> aside = "";
  if (HasStore(data_dir)) {
    aside = LinkAside(data_dir, word, now);
    if (!aside.ok()) return aside;
  }
  if (absl::Status status = RemoveFile(path + "-wal"); !status.ok()) return status;
  if (absl::Status status = PutInPlace(draft, path); !status.ok()) return status;
  if (absl::Status status = RemoveFile(CommitMark::PathIn(data_dir)); !status.ok()) return status;
  return aside;
}

absl::Status WriteRows(const std::string& path, const ReadRows& rows, int64_t sequence) {
  if (absl::Status status = MakeDatabaseFile(path); !status.ok()) return status;
  try {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    SQLite::Transaction transaction(database);
    SqliteTables tables(database);
    Digest digest(0);
    for (const StoredSession& session : rows.sessions) tables.Apply(PutChange{session}, digest);
    for (const StoredRequest& request : rows.requests) tables.Apply(PutRequestChange{request}, digest);
    for (const StoredLease& lease : rows.leases) tables.Apply(PutLeaseChange{lease}, digest);
    tables.SetProgress({.sequence = sequence, .identity = 0, .digest = digest});
    transaction.commit();
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "write the rows that are whole", path);
  }
  return absl::OkStatus();
}

std::optional<MarkedCommit> MarkIn(const std::string& data_dir) {
  if (!IsThere(CommitMark::PathIn(data_dir))) return std::nullopt;
  const absl::StatusOr<CommitMark> mark = CommitMark::Open(data_dir);
  return mark.ok() ? mark->Read() : std::nullopt;
}

// The lock is the caller's.
absl::StatusOr<size_t> CheckLocked(const std::string& data_dir) {
  const absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenDatabase(data_dir);
  if (!database.ok()) return database.status();
  const absl::StatusOr<ReadRows> rows = CheckContents(**database, MarkIn(data_dir));
  if (!rows.ok()) return rows.status();
  return rows->sessions.size();
}

}  // namespace

std::string FileTime(WallTime time) {
  return fmt::format(
      "{:%Y%m%dT%H%M%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::system_clock::duration>(time))));
}

absl::Status CheckUser(const std::string& data_dir, uid_t user) {
  struct stat info {};
  if (user != 0 || ::stat(data_dir.c_str(), &info) != 0 || info.st_uid == 0) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "WRONG_USER",
      fmt::format("{} belongs to user {}, whose holterd could not open what root would leave there; run this "
                  "as that user: `sudo -u '#{}' holterd …`, or with runuser or setpriv",
                  data_dir, info.st_uid, info.st_uid),
      {{"path", data_dir}});
}

absl::StatusOr<MaintenanceReport> CheckStore(const std::string& data_dir) {
  if (!HasStore(data_dir)) return NoStore(data_dir);
  const absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(data_dir);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<size_t> sessions = CheckLocked(data_dir);
  if (!sessions.ok()) return sessions.status();
  return MaintenanceReport{.sessions = *sessions, .findings = {}, .set_aside = ""};
}

absl::StatusOr<MaintenanceReport> RepairStore(const std::string& data_dir, WallTime now) {
  if (!HasStore(data_dir)) return NoStore(data_dir);
  const absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(data_dir);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<size_t> sound = CheckLocked(data_dir);
  if (sound.ok()) return MaintenanceReport{.sessions = *sound, .findings = {}, .set_aside = ""};
  const std::string path = DatabasePathIn(data_dir);
  if (!absl::IsDataLoss(sound.status()) || !IsThere(path)) return sound.status();
  absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenAnyDatabase(path);
  if (!database.ok()) return database.status();
  ReadRows rows = SalvageRows(**database);
  database->reset();
  if (rows.sessions.empty() && !rows.faults.empty()) return Damaged(path, "no session can be read any more");
  const std::optional<MarkedCommit> marked = MarkIn(data_dir);
  const std::string draft = path + ".new";
  if (absl::Status status = WriteRows(draft, rows, marked.has_value() ? marked->sequence + 1 : 1); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::string> aside = Replace(data_dir, draft, "damaged", now);
  if (!aside.ok()) return aside.status();
  MaintenanceReport report{.sessions = rows.sessions.size(), .findings = std::move(rows.faults), .set_aside = *aside};
  for (const auto& [key, value] : DetailsOf(sound.status()).metadata) {
    if (key == "damage") report.findings.insert(report.findings.begin(), value);
  }
  return report;
}

absl::StatusOr<MaintenanceReport> RestoreStore(const std::string& backup, const std::string& data_dir, WallTime now) {
  if (absl::Status status = EnsureDirectory(data_dir); !status.ok()) return status;
  const absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(data_dir);
  if (!lock.ok()) return lock.status();
  if (IsThere(backup + "-wal")) {  // what is in there would be lost without a word
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "NOT_A_BACKUP",
        fmt::format("{} is no backup: it has a write-ahead log beside it, as a store that is in use has", backup),
        {{"path", backup}});
  }
  const std::string draft = DatabasePathIn(data_dir) + ".new";
  RemoveDatabase(draft);
  std::error_code error;
  std::filesystem::copy_file(backup, draft, error);
  if (error) return FileError("copy", backup, error.value());
  const absl::StatusOr<size_t> sessions = CheckBackup(draft);
  if (!sessions.ok()) {
    RemoveDatabase(draft);
    return MakeError(sessions.status().code(), DetailsOf(sessions.status()).reason,
                     fmt::format("{} cannot be restored: {}", backup, std::string(sessions.status().message())),
                     {{"path", backup}});
  }
  absl::StatusOr<std::string> aside = Replace(data_dir, draft, "replaced", now);
  if (!aside.ok()) return aside.status();
  return MaintenanceReport{.sessions = *sessions, .findings = {}, .set_aside = *aside};
}

absl::StatusOr<size_t> CheckBackup(const std::string& path) {
  absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenAnyDatabase(path);
  if (!database.ok()) return database.status();
  const absl::StatusOr<ReadRows> rows = CheckContents(**database, std::nullopt);
  if (!rows.ok()) return rows.status();
  database->reset();
  std::error_code ignored;
  std::filesystem::remove(path + "-wal", ignored);  // empty; SQLite makes one to read
  return rows->sessions.size();
}

}  // namespace holter::store
