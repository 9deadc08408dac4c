#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <bit>
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
#include "store/sqlite_file.h"
#include "store/store.h"

namespace holter::store {
namespace {

// The sum of the rows' checksums: a row that went, or came back, with a page of an older time is noticed.
class Digest {
 public:
  explicit Digest(int64_t value) : value_(std::bit_cast<uint64_t>(value)) {}
  void Add(int64_t checksum) { value_ += std::bit_cast<uint64_t>(checksum); }
  void Remove(int64_t checksum) { value_ -= std::bit_cast<uint64_t>(checksum); }
  int64_t value() const { return std::bit_cast<int64_t>(value_); }

 private:
  uint64_t value_;
};

// Load runs before the first Commit in the opening thread, all else on the queue's thread.
class SqliteStore final : public Store {
 public:
  SqliteStore(DirectoryLock lock, CommitMark mark, std::unique_ptr<SQLite::Database> database, std::string path,
              OperationObserver& operations)
      : lock_(std::move(lock)),
        mark_(std::move(mark)),
        path_(std::move(path)),
        operations_(operations),
        database_(std::move(database)),
        find_(*database_, "SELECT checksum FROM sessions WHERE name = ?"),
        put_(*database_, "INSERT OR REPLACE INTO sessions(name, declaration, checksum) VALUES(?, ?, ?)"),
        delete_(*database_, "DELETE FROM sessions WHERE name = ?"),
        put_request_(*database_,
                     "INSERT OR REPLACE INTO requests(tenant, id, method, fingerprint, answer, time, checksum) "
                     "VALUES(?, ?, ?, ?, ?, ?, ?)"),
        delete_request_(*database_, "DELETE FROM requests WHERE tenant = ? AND id = ?"),
        progress_(*database_, "UPDATE progress SET sequence = ?, digest = ?") {}

  absl::StatusOr<std::vector<StoredSession>> Load() override;
  absl::StatusOr<std::vector<StoredRequest>> LoadRequests() override;

  void Commit(std::vector<Change> changes, Done done) override {
    queue_.Push(Batch{.changes = std::move(changes), .done = std::move(done)});
  }

 private:
  absl::Status CheckProgress();
  absl::StatusOr<std::vector<StoredSession>> ReadSessions();
  absl::Status ApplyGroup(const std::vector<Batch>& group);
  absl::Status WriteGroup(const std::vector<Batch>& group);
  void Apply(const PutChange& change, Digest& digest);
  void Apply(const DeleteChange& change, Digest& digest);
  void Apply(const PutRequestChange& change, Digest& digest);
  void Apply(const DeleteRequestChange& change, Digest& digest);
  std::optional<int64_t> Find(const std::string& name);

  const DirectoryLock lock_;
  const CommitMark mark_;
  const std::string path_;
  OperationObserver& operations_;
  const std::unique_ptr<SQLite::Database> database_;
  SQLite::Statement find_;
  SQLite::Statement put_;
  SQLite::Statement delete_;
  SQLite::Statement put_request_;
  SQLite::Statement delete_request_;
  SQLite::Statement progress_;
  int64_t sequence_ = 0;
  Digest digest_{0};
  // Set when a sync failed: the kernel forgets what it could not write, and a later sync that succeeds proves nothing
  // about it.
  absl::Status broken_;
  CommitQueue queue_{
      [this](const std::vector<Batch>& group) { return ApplyGroup(group); }};  // last: its thread uses all
};

absl::StatusOr<std::vector<StoredSession>> SqliteStore::Load() {
  try {
    if (absl::Status status = CheckProgress(); !status.ok()) return status;
    absl::StatusOr<std::vector<StoredSession>> sessions = ReadSessions();
    if (sessions.ok()) AllowCheckpointOnClose(*database_);
    return sessions;
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "read the sessions", path_);
  }
}

absl::Status SqliteStore::CheckProgress() {
  SQLite::Statement read(*database_, "SELECT sequence, digest FROM progress");
  if (!read.executeStep()) return Damaged(path_, "it does not say how far commits have come");
  sequence_ = read.getColumn(0).getInt64();
  digest_ = Digest(read.getColumn(1).getInt64());
  const std::optional<int64_t> acknowledged = mark_.Read();
  if (acknowledged.has_value() && *acknowledged > sequence_) {
    return Damaged(
        path_,
        fmt::format(
            "commits up to number {} were acknowledged, but only {} are there (a write-ahead log that was cut or "
            "removed, or an old copy of the file; to accept what is there, remove holter.mark)",
            *acknowledged, sequence_));
  }
  return mark_.Write(sequence_);
}

absl::StatusOr<std::vector<StoredSession>> SqliteStore::ReadSessions() {
  std::vector<StoredSession> sessions;
  Digest digest(0);
  SQLite::Statement read(*database_, "SELECT name, declaration, checksum FROM sessions ORDER BY name");
  while (read.executeStep()) {
    StoredSession session{.name = read.getColumn(0).getString(), .declaration = read.getColumn(1).getString()};
    const int64_t checksum = read.getColumn(2).getInt64();
    if (ChecksumOf(session) != checksum) {
      return Damaged(path_, fmt::format("the declaration of {} does not agree with its checksum", session.name));
    }
    digest.Add(checksum);
    sessions.push_back(std::move(session));
  }
  if (digest.value() != digest_.value())
    return Damaged(path_, "sessions are missing, or are older than the last commit");
  return sessions;
}

absl::StatusOr<std::vector<StoredRequest>> SqliteStore::LoadRequests() {
  try {
    std::vector<StoredRequest> requests;
    SQLite::Statement read(
        *database_, "SELECT tenant, id, method, fingerprint, answer, time, checksum FROM requests ORDER BY time");
    while (read.executeStep()) {
      StoredRequest request{.tenant = read.getColumn(0).getString(),
                            .id = read.getColumn(1).getString(),
                            .method = read.getColumn(2).getString(),
                            .fingerprint = read.getColumn(3).getString(),
                            .answer = read.getColumn(4).getString(),
                            .time = WallTime(Duration(read.getColumn(5).getInt64()))};
      if (ChecksumOf(request) != read.getColumn(6).getInt64()) {
        return Damaged(path_, fmt::format("the request {} of tenant {} does not agree with its checksum", request.id,
                                          request.tenant));
      }
      requests.push_back(std::move(request));
    }
    return requests;
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "read the requests", path_);
  }
}

absl::Status SqliteStore::ApplyGroup(const std::vector<Batch>& group) {
  size_t changes = 0;
  for (const Batch& batch : group) {
    changes += batch.changes.size();
  }
  const TimePoint begin = SystemClock().Now();
  const absl::Status status = broken_.ok() ? WriteGroup(group) : broken_;
  operations_.OnStoreCommit(SystemClock().Now() - begin, changes, status.ok());
  if (!status.ok()) {
    Log(LogLevel::kError, "the store did not take a commit",
        {{"error", std::string(status.message())}, {"changes", changes}, {"path", path_}});
  }
  return status;
}

absl::Status SqliteStore::WriteGroup(const std::vector<Batch>& group) {
  Digest digest = digest_;
  const int64_t sequence = sequence_ + 1;
  try {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const Batch& batch : group) {
      for (const Change& change : batch.changes) {
        std::visit([&](const auto& what) { Apply(what, digest); }, change);
      }
    }
    progress_.reset();
    progress_.bind(1, sequence);
    progress_.bind(2, digest.value());
    progress_.exec();
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
  sequence_ = sequence;
  digest_ = digest;
  if (absl::Status status = mark_.Write(sequence); !status.ok()) {
    Log(LogLevel::kWarning, "the store's mark could not be written", {{"error", std::string(status.message())}});
  }
  return absl::OkStatus();
}

std::optional<int64_t> SqliteStore::Find(const std::string& name) {
  find_.reset();
  find_.bind(1, name);
  std::optional<int64_t> checksum;
  if (find_.executeStep()) checksum = find_.getColumn(0).getInt64();
  find_.reset();
  return checksum;
}

void SqliteStore::Apply(const PutChange& change, Digest& digest) {
  const StoredSession& session = change.session;
  if (const std::optional<int64_t> old = Find(session.name)) digest.Remove(*old);
  const int64_t checksum = ChecksumOf(session);
  digest.Add(checksum);
  put_.reset();
  put_.bindNoCopy(1, session.name);
  put_.bindNoCopy(2, session.declaration.data(), static_cast<int>(session.declaration.size()));
  put_.bind(3, checksum);
  put_.exec();
}

void SqliteStore::Apply(const DeleteChange& change, Digest& digest) {
  const std::optional<int64_t> old = Find(change.name);
  if (!old.has_value()) return;
  digest.Remove(*old);
  delete_.reset();
  delete_.bindNoCopy(1, change.name);
  delete_.exec();
}

// Requests are not in the digest: one that is lost may be run again, which is no damage to what is declared.
void SqliteStore::Apply(const PutRequestChange& change, Digest& /*digest*/) {
  const StoredRequest& request = change.request;
  put_request_.reset();
  put_request_.bindNoCopy(1, request.tenant);
  put_request_.bindNoCopy(2, request.id);
  put_request_.bindNoCopy(3, request.method);
  put_request_.bindNoCopy(4, request.fingerprint.data(), static_cast<int>(request.fingerprint.size()));
  put_request_.bindNoCopy(5, request.answer.data(), static_cast<int>(request.answer.size()));
  put_request_.bind(6, static_cast<int64_t>(request.time.time_since_epoch().count()));
  put_request_.bind(7, ChecksumOf(request));
  put_request_.exec();
}

void SqliteStore::Apply(const DeleteRequestChange& change, Digest& /*digest*/) {
  delete_request_.reset();
  delete_request_.bindNoCopy(1, change.tenant);
  delete_request_.bindNoCopy(2, change.id);
  delete_request_.exec();
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
  const std::string path = DatabasePathIn(data_dir);
  try {
    return std::make_unique<SqliteStore>(*std::move(lock), *std::move(mark), *std::move(database), path, operations);
  } catch (const SQLite::Exception& error) {
    // Every file that we make has all tables, so one without is not as we left it.
    if (error.getErrorCode() == SQLITE_ERROR) return Damaged(path, error.what());
    return StatusOf(error, "prepare", path);
  }
}

}  // namespace holter::store
