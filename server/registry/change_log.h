// The bounded log of changes that all watchers follow, each with a cursor of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "registry/change_entry.h"

namespace holter::registry {

// Changes are numbered from 1; the number of a change is its revision. Wake functions run on a thread of the log's own,
// without locks, so that loops only append.
//
// Any thread. The mutex is a leaf: nothing else is called with it held. Close, then the destructor; cursors are
// forgotten before that.
class ChangeLog {
 public:
  // One watcher's place. Fields belong to the log.
  struct Cursor;
  using CursorPtr = std::shared_ptr<Cursor>;

  // Keeps the last `history` changes, at least one.
  explicit ChangeLog(size_t history);
  ~ChangeLog();
  ChangeLog(const ChangeLog&) = delete;
  ChangeLog& operator=(const ChangeLog&) = delete;

  void Append(ChangeEntry entry);

  // Drawn at start; revisions of another epoch mean nothing here.
  uint64_t epoch() const { return epoch_; }
  // The revision that the next change will have.
  uint64_t next_revision() const;
  // The oldest revision that can still be read.
  uint64_t oldest_revision() const;

  // A cursor whose next change is `revision`, for sessions of `tenant`; "-": of all.
  CursorPtr MakeCursor(std::string tenant, uint64_t revision);

  struct Numbered {
    uint64_t revision = 0;
    ChangeEntry entry;
  };
  // Appends at most `most` changes at the cursor to `out` and moves it behind them. `next` is where it then stands.
  // RESOURCE_EXHAUSTED, WATCH_LAGGED; UNAVAILABLE, SHUTTING_DOWN.
  absl::Status Read(const CursorPtr& cursor, size_t most, std::vector<Numbered>& out, uint64_t& next);

  // The error that Read would give.
  absl::Status CheckReadable(const CursorPtr& cursor) const;

  // The revision up to which there is nothing for the cursor that it has not read; none when Read has something to
  // give, be it an error.
  std::optional<uint64_t> IdleRevision(const CursorPtr& cursor) const;

  // Calls `wake` once: at once if `now`, else when there is a change for the cursor, or an error to tell. Replaces a
  // call before.
  void OnReady(const CursorPtr& cursor, std::function<void()> wake, bool now);
  // Afterwards the cursor's wake is not running, unless the caller is running in it, and is not called any more.
  void Forget(const CursorPtr& cursor);

  // Every Read fails from now on, and everybody who waits is woken.
  void Close();

 private:
  static bool Concerns(const Cursor& cursor, const ChangeEntry& entry);
  uint64_t NextRevision() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return first_ + entries_.size(); }
  void Withdraw(Cursor& cursor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SkipToChange(Cursor& cursor) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status CheckPlace(const Cursor& cursor) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool NotifierHasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !ready_.empty(); }
  void Notify();

  const size_t history_;
  const uint64_t epoch_;
  mutable absl::Mutex mutex_;
  std::deque<ChangeEntry> entries_ ABSL_GUARDED_BY(mutex_);
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 1;  // revision of entries_.front()
  std::vector<CursorPtr> waiting_ ABSL_GUARDED_BY(mutex_);
  std::deque<CursorPtr> ready_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread notifier_;  // last: it uses all of the above
};

}  // namespace holter::registry
