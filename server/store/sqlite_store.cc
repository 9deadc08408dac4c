#include <SQLiteCpp/Backup.h>
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
#include "store/durable_store.h"
#include "store/placed_file.h"
#include "store/schema.h"
#include "store/sqlite_check.h"
#include "store/sqlite_file.h"
#include "store/sqlite_tables.h"
#include "store/store.h"

namespace holter::store {
namespace {

bool IsDeclaration(const Change& change) {
  return std::holds_alternative<PutChange>(change) || std::holds_alternative<DeleteChange>(change);
}

// Load runs before the first Commit in the opening thread, all else on the queue's thread.
class SqliteStore final : public DurableStore {
 public:
  SqliteStore(DirectoryLock lock, CommitMark mark, PlacedFile place, std::unique_ptr<SQLite::Database> database,
              const DurableStoreOptions& options)
      : lock_(std::move(lock)),
        mark_(std::move(mark)),
        place_(std::move(place)),
        path_(database->getFilename()),
        options_(options),
        database_(std::move(database)),
        queue_([this](const std::vector<Batch>& group) { return ApplyGroup(group); }, options.retry) {}

  absl::StatusOr<std::vector<StoredSession>> Load() override;
  absl::StatusOr<std::vector<StoredRequest>> LoadRequests() override { return std::move(requests_); }
  absl::StatusOr<std::vector<StoredLease>> LoadLeases() override { return std::move(leases_); }

  void Commit(std::vector<Change> changes, Done done) override {
    queue_.Push(Batch{.changes = std::move(changes), .done = std::move(done)});
  }
  void CopyTo(std::string path, Done done) override {
    queue_.Push(Batch{.done = std::move(done), .instead = [this, path = std::move(path)] { return Copy(path); }});
  }

 private:
  absl::Status MakeReady();
  absl::Status Copy(const std::string& path);
  absl::Status ApplyGroup(const std::vector<Batch>& group);
  void TellHealth(const absl::Status& status);
  absl::Status WriteGroup(const std::vector<Batch>& group);
  absl::Status FailureOf(const SQLite::Exception& error);
  void WriteMark() const;

  const DirectoryLock lock_;
  const CommitMark mark_;
  const PlacedFile place_;
  const std::string path_;
  const DurableStoreOptions options_;
  const std::unique_ptr<SQLite::Database> database_;
  std::optional<SqliteTables> tables_;  // since Load, for they need the newest schema
  Progress progress_;
  std::vector<StoredRequest> requests_;  // read by Load for LoadRequests
  std::vector<StoredLease> leases_;      // read by Load for LoadLeases
  // Set when a sync failed: the kernel forgets what it could not write, and a later sync that succeeds proves nothing
  // about it.
  absl::Status broken_;
  std::string problem_;  // reason of the last commit's failure; empty: it succeeded
  CommitQueue queue_;    // last: its thread uses all
};

// Nothing is written before all of it is known to be sound.
absl::StatusOr<std::vector<StoredSession>> SqliteStore::Load() {
  absl::StatusOr<ReadRows> rows = CheckContents(*database_, mark_.Read());
  if (!rows.ok()) return rows.status();
  try {
    if (absl::Status status = MakeReady(); !status.ok()) return status;
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "prepare the store", path_);
  }
  requests_ = std::move(rows->requests);
  leases_ = std::move(rows->leases);
  return std::move(rows->sessions);
}

absl::Status SqliteStore::MakeReady() {
  const int schema_version = SchemaVersionOf(*database_);
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
  if (!group.empty()) options_.operations->OnStoreCommit(SystemClock().Now() - begin, changes, status.ok());
  TellHealth(status);
  return status;
}

// When it changes, not with every commit: a log on the same disk would make matters worse.
void SqliteStore::TellHealth(const absl::Status& status) {
  std::string problem = DetailsOf(status).reason;
  if (problem == problem_) return;
  problem_ = std::move(problem);
  if (options_.on_health) options_.on_health(problem_);
  if (status.ok()) {
    Log(LogLevel::kInfo, "the store takes changes again", {{"path", path_}});
  } else {
    Log(LogLevel::kError, "the store takes no changes; sessions go on",
        {{"reason", problem_}, {"error", std::string(status.message())}});
  }
}

absl::Status SqliteStore::WriteGroup(const std::vector<Batch>& group) {
  if (absl::Status status = place_.Check(); !status.ok()) return status;
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
    return FailureOf(error);
  }
  progress_ = next;
  WriteMark();
  return absl::OkStatus();
}

absl::Status SqliteStore::Copy(const std::string& path) {
  try {
    SQLite::Database copy(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    copy.exec("PRAGMA synchronous=OFF");  // the caller syncs, in a thread that nobody waits for
    SQLite::Backup backup(copy, *database_);
    backup.executeStep(-1);
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "copy the store", path);
  }
  return absl::OkStatus();
}

absl::Status SqliteStore::FailureOf(const SQLite::Exception& error) {
  absl::Status status = StatusOf(error, "commit", path_, LastErrnoOf(*database_));
  const int code = error.getExtendedErrorCode();
  if (code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_DIR_FSYNC && !absl::IsDataLoss(status)) return status;
  broken_ = MakeError(
      absl::StatusCode::kUnavailable, "STORE_FAILED",
      fmt::format("{}; the store takes no more changes until holterd is started anew", std::string(status.message())),
      {{"path", path_}});
  // All of it may be in the log already, and who opens the store next cannot tell it from a commit that was synced.
  return MakeError(
      absl::StatusCode::kUnavailable, "STORE_FAILED",
      fmt::format("{}; this change is not in force, but may come true then", std::string(broken_.message())),
      {{"path", path_}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<DurableStore>> OpenDurableStore(const DurableStoreOptions& options) {
  const std::string& data_dir = options.data_dir;
  if (absl::Status status = EnsureDirectory(data_dir); !status.ok()) return status;
  absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(data_dir);
  if (!lock.ok()) return lock.status();
  absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenDatabase(data_dir);
  if (!database.ok()) return database.status();
  absl::StatusOr<CommitMark> mark = CommitMark::Open(data_dir);
  if (!mark.ok()) return mark.status();
  absl::StatusOr<PlacedFile> place = PlacedFile::At(DatabasePathIn(data_dir));
  if (!place.ok()) return place.status();
  return std::make_unique<SqliteStore>(*std::move(lock), *std::move(mark), *std::move(place), *std::move(database),
                                       options);
}

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& data_dir, OperationObserver& operations) {
  return OpenDurableStore({.data_dir = data_dir, .operations = &operations, .on_health = nullptr});
}

}  // namespace holter::store
