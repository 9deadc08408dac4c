#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "base/log.h"
#include "store/directory_lock.h"
#include "store/event_store.h"
#include "store/event_tables.h"
#include "store/sqlite_file.h"

namespace holter::store {
namespace {

// One connection, taken in turns by the thread that writes and by those who ask: a file of its own keeps declarations
// out of the queue.
class SqliteEventStore final : public EventStore {
 public:
  SqliteEventStore(std::unique_ptr<SQLite::Database> database, const EventOptions& options)
      : options_(options),
        database_(std::move(database)),
        writer_(*database_, options),
        thread_([this] { WriteUntilStopped(); }) {}

  ~SqliteEventStore() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    thread_.join();
  }

  void Append(StoredEvent event) override {
    {
      absl::MutexLock lock(&mutex_);
      if (waiting_.size() < options_.waiting) {
        waiting_.push_back(std::move(event));
        return;
      }
    }
    TellDropped(1);
  }

  absl::StatusOr<std::vector<FoundEvent>> Find(const EventQuery& query) override {
    absl::MutexLock lock(&database_mutex_);
    WriteWaiting();  // what was appended before the call
    try {
      return FindEvents(*database_, query);
    } catch (const SQLite::Exception& error) {
      return MakeError(absl::StatusCode::kUnavailable, "HISTORY_FAILED",
                       fmt::format("the history of sessions cannot be read: {}", error.what()));
    }
  }

 private:
  void WriteUntilStopped() ABSL_LOCKS_EXCLUDED(mutex_, database_mutex_) {
    bool goes_on = true;
    while (goes_on) {
      {
        absl::MutexLock lock(&mutex_, absl::Condition(this, &SqliteEventStore::HasWork));
        goes_on = !stopping_;
      }
      {
        absl::MutexLock lock(&database_mutex_);
        WriteWaiting();
      }
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(options_.gather));
    }
  }

  void TellDropped(size_t events) const {
    if (options_.on_dropped) options_.on_dropped(events);
  }

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !waiting_.empty(); }

  // Everything that waits in one transaction; what cannot be written is dropped.
  void WriteWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_mutex_) {
    std::vector<StoredEvent> events;
    {
      absl::MutexLock lock(&mutex_);
      events.swap(waiting_);
    }
    if (events.empty()) return;
    try {
      writer_.Write(events);
      is_failing_ = false;
    } catch (const SQLite::Exception& error) {
      if (!std::exchange(is_failing_, true)) {
        Log(LogLevel::kWarning, "events are dropped", {{"error", error.what()}, {"path", database_->getFilename()}});
      }
      TellDropped(events.size());
    }
  }

  const EventOptions options_;
  absl::Mutex database_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  const std::unique_ptr<SQLite::Database> database_;
  EventWriter writer_ ABSL_GUARDED_BY(database_mutex_);
  bool is_failing_ ABSL_GUARDED_BY(database_mutex_) = false;
  absl::Mutex mutex_;  // leaf; never held while the disk works
  std::vector<StoredEvent> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

std::unique_ptr<SQLite::Database> OpenEvents(const std::string& path) {
  auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database->exec("PRAGMA locking_mode=EXCLUSIVE");
  database->exec("PRAGMA journal_mode=WAL");
  database->exec("PRAGMA synchronous=NORMAL");  // synced when the log is folded in, not with every batch
  if (database->execAndGet("PRAGMA user_version").getInt() > kEventSchemaVersion) {
    throw SQLite::Exception("a newer holterd wrote it", SQLITE_NOTADB);
  }
  PrepareEventTables(*database);
  if (database->execAndGet("PRAGMA quick_check(1)").getString() != "ok") {
    throw SQLite::Exception("its pages are not whole", SQLITE_CORRUPT);
  }
  return database;
}

bool IsDamage(const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xFF;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventStore>> OpenSqliteEventStore(const std::string& data_dir,
                                                                 const EventOptions& options) {
  const std::string path = data_dir + "/holter-events.db";
  for (const bool may_start_anew : {true, false}) {
    try {
      return std::make_unique<SqliteEventStore>(OpenEvents(path), options);
    } catch (const SQLite::Exception& error) {
      if (!may_start_anew || !IsDamage(error)) return StatusOf(error, "open the events", path);
      Log(LogLevel::kWarning, "the history of sessions is damaged; it is put aside and begun anew",
          {{"path", path}, {"error", error.what()}});
      if (std::rename(path.c_str(), (path + "-damaged").c_str()) != 0) return FileError("put aside", path, errno);
      RemoveDatabase(path);
    }
  }
  return absl::InternalError("not reached");
}

absl::StatusOr<std::unique_ptr<EventStore>> MakeMemoryEventStore(const EventOptions& options) {
  try {
    auto database = std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    PrepareEventTables(*database);
    return std::make_unique<SqliteEventStore>(std::move(database), options);
  } catch (const SQLite::Exception& error) {
    return StatusOf(error, "make room for events", ":memory:");
  }
}

}  // namespace holter::store
