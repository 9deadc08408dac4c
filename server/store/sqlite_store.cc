#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "store/checksum.h"
#include "store/commit_mark.h"
#include "store/commit_queue.h"
#include "store/directory_lock.h"
#include "store/schema.h"
#include "store/sqlite_file.h"
#include "store/sqlite_tables.h"
#include "store/store.h"

namespace holter::store {
namespace {

bool IsDeclaration(const Change& change) {
  return std::holds_alternative<PutChange>(change) || std::holds_alternative<DeleteChange>(change);
}

// Load runs before the first Commit in the opening thread, all else on the queue's thread.
class SqliteStore final : public Store {
 public:
  SqliteStore(DirectoryLock lock, CommitMark mark, std::unique_ptr<SQLite::Database> database, std::string path,
              OperationObserver& operations)
      : lock_(std::move(lock)),
        mark_(std::move(mark)),
        path_(std::move(path)),
        operations_(operations),
        database_(std::move(database)) {}

  absl::StatusOr<std::vector<StoredSession>> Load() override;
  absl::StatusOr<std::vector<StoredRequest>> LoadRequests() override { return std::move(requests_); }
  absl::StatusOr<std::vector<StoredLease>> LoadLeases() override { return std::move(leases_); }

  void Commit(std::vector<Change> changes, Done done) override {
    queue_.Push(Batch{.changes = std::move(changes), .done = std::move(done)});
  }

 private:
  absl::StatusOr<ReadRows> CheckAll(int schema_version);
  absl::Status CheckMark(const Progress& progress) const;
  absl::Status MakeReady(int schema_version);
  absl::Status ApplyGroup(const std::vector<Batch>& group);
  absl::Status WriteGroup(const std::vector<Batch>& group);
  void WriteMark() const;

  const DirectoryLock lock_;
  const CommitMark mark_;
  const std::string path_;
  OperationObserver& operations_;
  const std::unique_ptr<SQLite::Database> database_;
  std::optional<SqliteTables> tables_;  // since Load, for they need the newest schema
  Progress progress_;
  std::vector<StoredRequest> requests_;  // read by Load for LoadRequests
  std::vector<StoredLease> leases_;      // read by Load for LoadLeases
  // Set when a sync failed: the kernel forgets what it could not write, and a later sync that succeeds proves nothing
  // about it.
  absl::Status broken_;
  CommitQueue queue_{
      [this](const std::vector<Batch>& group) { return ApplyGroup(group); }};  // last: its thread uses all
};

// Nothing is written before all of it is known to be sound.
absl::StatusOr<std::vector<StoredSession>> SqliteStore::Load() {
  try {
    const int schema_version = SchemaVersionOf(*database_);
    absl::StatusOr<ReadRows> rows = CheckAll(schema_version);
    if (!rows.ok()) return rows.status();
    if (absl::Status status = MakeReady(schema_version); !status.ok()) return status;
    requests_ = std::move(rows->requests);
    leases_ = std::move(rows->leases);
    return std::move(rows->sessions);
  } catch (const SQLite::Exception& error) {
    // Every file that we make has all tables, so one without is not as we left it.
    if (error.getErrorCode() == SQLITE_ERROR) return Damaged(path_, error.what());
    return StatusOf(error, "read the store", path_);
  }
}

absl::StatusOr<ReadRows> SqliteStore::CheckAll(int schema_version) {
  const std::optional<Progress> progress = ReadProgress(*database_, schema_version);
  if (!progress.has_value()) return Damaged(path_, "it does not say how far commits have come");
  if (absl::Status status = CheckMark(*progress); !status.ok()) return status;
  ReadRows rows = ReadAllRows(*database_, schema_version);
  if (!rows.faults.empty()) return Damaged(path_, rows.faults.front());
  if (rows.digest.value() != progress->digest.value()) {
    return Damaged(path_, "sessions are missing, or are older than the last commit");
  }
  return rows;
}

absl::Status SqliteStore::CheckMark(const Progress& progress) const {
  const std::optional<MarkedCommit> marked = mark_.Read();
  if (!marked.has_value()) return absl::OkStatus();
  if (marked->identity != 0 && marked->identity != progress.identity) {
    return Damaged(path_, "it is another database than the one that was here (holter.mark tells)");
  }
  if (marked->sequence <= progress.sequence) return absl::OkStatus();
  return Damaged(path_,
                 fmt::format("commits up to number {} were acknowledged, but only {} are there (a write-ahead log that "
                             "was cut or removed, or an old copy of the file; to accept what is there, remove "
                             "holter.mark)",
                             marked->sequence, progress.sequence));
}

absl::Status SqliteStore::MakeReady(int schema_version) {
  if (schema_version < kSchemaVersion) {
    Migrate(*database_, schema_version);
    Log(LogLevel::kInfo, "the store was brought to a newer schema",
        {{"path", path_}, {"from", schema_version}, {"to", kSchemaVersion}});
  }
  tables_.emplace(*database_);
  const std::optional<Progress> progress = ReadProgress(*database_, kSchemaVersion);
  if (!progress.has_value()) return Damaged(path_, "it does not say how far commits have come");
  progress_ = *progress;
  WriteMark();
  AllowCheckpointOnClose(*database_);
  return absl::OkStatus();
}

void SqliteStore::WriteMark() const {
  const absl::Status status = mark_.Write({.sequence = progress_.sequence, .identity = progress_.identity});
  if (status.ok()) return;
  Log(LogLevel::kWarning, "the store's mark could not be written", {{"error", std::string(status.message())}});
}

absl::Status SqliteStore::ApplyGroup(const std::vector<Batch>& group) {
  size_t changes = 0;
  for (const Batch& batch : group) {
    changes += static_cast<size_t>(std::count_if(batch.changes.begin(), batch.changes.end(), IsDeclaration));
  }
  const TimePoint begin = SystemClock().Now();
  absl::Status status = broken_.ok() ? WriteGroup(group) : broken_;
  operations_.OnStoreCommit(SystemClock().Now() - begin, changes, status.ok());
  if (!status.ok()) {
    Log(LogLevel::kError, "the store did not take a commit",
        {{"error", std::string(status.message())}, {"changes", changes}, {"path", path_}});
  }
  return status;
}

absl::Status SqliteStore::WriteGroup(const std::vector<Batch>& group) {
  Progress next = progress_;
  ++next.sequence;
  try {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const Batch& batch : group) {
      for (const Change& change : batch.changes) {
        std::visit([&](const auto& typed) { tables_->Apply(typed, next.digest); }, change);
      }
    }
    tables_->SetProgress(next);
    transaction.commit();
  } catch (const SQLite::Exception& error) {
    absl::Status status = StatusOf(error, "commit", path_);
    const int code = error.getExtendedErrorCode();
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC || absl::IsDataLoss(status)) {
      broken_ = MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED",
                          fmt::format("{}; the store takes no more changes until holterd is started anew",
                                      std::string(status.message())),
                          {{"path", path_}});
      return broken_;
    }
    return status;
  }
  progress_ = next;
  WriteMark();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& data_dir, OperationObserver& operations) {
  if (absl::Status status = EnsureDirectory(data_dir); !status.ok()) return status;
  absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(data_dir);
  if (!lock.ok()) return lock.status();
  absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenDatabase(data_dir);
  if (!database.ok()) return database.status();
  absl::StatusOr<CommitMark> mark = CommitMark::Open(data_dir);
  if (!mark.ok()) return mark.status();
  return std::make_unique<SqliteStore>(*std::move(lock), *std::move(mark), *std::move(database),
                                       DatabasePathIn(data_dir), operations);
}

}  // namespace holter::store
