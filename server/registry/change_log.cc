#include "registry/change_log.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "base/error.h"

namespace holter::registry {
namespace {

// Changes of other tenants that a Read looks at with the mutex held, before others get a turn.
constexpr uint64_t kScanAtOnce = 4096;

uint64_t DrawEpoch() {
  std::random_device source;
  return uint64_t{source()} << 32 | source();
}

}  // namespace

struct ChangeLog::Cursor {
  enum class Place : uint8_t { kNone, kWaiting, kReady };

  std::string tenant;
  uint64_t next = 0;  // while waiting: of no meaning, there was nothing up to now
  Place place = Place::kNone;
  std::function<void()> wake;
  bool running = false;
  std::thread::id runner;
};

ChangeLog::ChangeLog(size_t history)
    : history_(std::max<size_t>(history, 1)), epoch_(DrawEpoch()), notifier_([this] { Notify(); }) {}

ChangeLog::~ChangeLog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  notifier_.join();
}

bool ChangeLog::Concerns(const Cursor& cursor, const ChangeEntry& entry) {
  return cursor.tenant == "-" || cursor.tenant == entry.record->tenant();
}

void ChangeLog::Append(ChangeEntry entry) {
  ChangeEntry evicted;  // let go of without the mutex
  absl::MutexLock lock(&mutex_);
  const uint64_t revision = NextRevision();
  for (size_t i = 0; i < waiting_.size();) {
    Cursor& cursor = *waiting_[i];
    if (!Concerns(cursor, entry)) {
      ++i;
      continue;
    }
    cursor.next = revision;
    cursor.place = Cursor::Place::kReady;
    ready_.push_back(std::move(waiting_[i]));
    waiting_[i] = std::move(waiting_.back());
    waiting_.pop_back();
  }
  entries_.push_back(std::move(entry));
  if (entries_.size() > history_) {
    evicted = std::move(entries_.front());
    entries_.pop_front();
    ++first_;
  }
}

uint64_t ChangeLog::next_revision() const {
  absl::MutexLock lock(&mutex_);
  return NextRevision();
}

uint64_t ChangeLog::oldest_revision() const {
  absl::MutexLock lock(&mutex_);
  return first_;
}

ChangeLog::CursorPtr ChangeLog::MakeCursor(std::string tenant, uint64_t revision) {
  auto cursor = std::make_shared<Cursor>();
  cursor->tenant = std::move(tenant);
  cursor->next = revision;
  return cursor;
}

absl::Status ChangeLog::CheckPlace(const Cursor& cursor) const {
  if (closed_) {
    return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "holterd is stopping");
  }
  if (cursor.next < first_) {
    return MakeError(absl::StatusCode::kResourceExhausted, "WATCH_LAGGED",
                     "the watcher read too slowly and missed changes; begin anew with a snapshot");
  }
  return absl::OkStatus();
}

absl::Status ChangeLog::CheckReadable(const CursorPtr& cursor) const {
  absl::MutexLock lock(&mutex_);
  return CheckPlace(*cursor);
}

absl::Status ChangeLog::Read(const CursorPtr& cursor, size_t most, std::vector<Numbered>& out, uint64_t& next) {
  size_t found = 0;
  while (true) {
    absl::MutexLock lock(&mutex_);
    Withdraw(*cursor);
    if (absl::Status status = CheckPlace(*cursor); !status.ok()) return status;
    const uint64_t end = std::min(NextRevision(), cursor->next + kScanAtOnce);
    for (; cursor->next < end && found < most; ++cursor->next) {
      const ChangeEntry& entry = entries_[cursor->next - first_];
      if (!Concerns(*cursor, entry)) continue;
      out.push_back({.revision = cursor->next, .entry = entry});
      ++found;
    }
    next = cursor->next;
    if (found >= most || cursor->next == NextRevision()) return absl::OkStatus();
  }
}

void ChangeLog::Withdraw(Cursor& cursor) {
  const auto is_cursor = [&cursor](const CursorPtr& other) { return other.get() == &cursor; };
  if (cursor.place == Cursor::Place::kWaiting) {
    waiting_.erase(std::find_if(waiting_.begin(), waiting_.end(), is_cursor));
    cursor.next = NextRevision();
  } else if (cursor.place == Cursor::Place::kReady) {
    ready_.erase(std::find_if(ready_.begin(), ready_.end(), is_cursor));
  }
  cursor.place = Cursor::Place::kNone;
}

void ChangeLog::SkipToChange(Cursor& cursor) const {
  while (cursor.next < NextRevision() && !Concerns(cursor, entries_[cursor.next - first_])) {
    ++cursor.next;
  }
}

std::optional<uint64_t> ChangeLog::IdleRevision(const CursorPtr& cursor) const {
  absl::MutexLock lock(&mutex_);
  if (!CheckPlace(*cursor).ok() || cursor->place == Cursor::Place::kReady) return std::nullopt;
  if (cursor->place == Cursor::Place::kNone) {
    SkipToChange(*cursor);
    if (cursor->next < NextRevision()) return std::nullopt;
  }
  return NextRevision();
}

void ChangeLog::OnReady(const CursorPtr& cursor, std::function<void()> wake, bool now) {
  std::function<void()> replaced;  // let go of without the mutex
  absl::MutexLock lock(&mutex_);
  Withdraw(*cursor);
  replaced = std::exchange(cursor->wake, std::move(wake));
  const bool has_news = now || !CheckPlace(*cursor).ok();
  if (!has_news) SkipToChange(*cursor);
  if (has_news || cursor->next < NextRevision()) {
    cursor->place = Cursor::Place::kReady;
    ready_.push_back(cursor);
  } else {
    cursor->place = Cursor::Place::kWaiting;
    waiting_.push_back(cursor);
  }
}

void ChangeLog::Forget(const CursorPtr& cursor) {
  std::function<void()> dropped;  // let go of without the mutex
  absl::MutexLock lock(&mutex_);
  Withdraw(*cursor);
  dropped = std::exchange(cursor->wake, nullptr);
  const auto is_done = [&cursor] { return !cursor->running || cursor->runner == std::this_thread::get_id(); };
  mutex_.Await(absl::Condition(&is_done));
}

void ChangeLog::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (CursorPtr& cursor : waiting_) {
    cursor->place = Cursor::Place::kReady;
    ready_.push_back(std::move(cursor));
  }
  waiting_.clear();
}

void ChangeLog::Notify() {
  while (true) {
    CursorPtr cursor;
    std::function<void()> wake;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(this, &ChangeLog::NotifierHasWork));
      if (stopping_) return;
      cursor = std::move(ready_.front());
      ready_.pop_front();
      cursor->place = Cursor::Place::kNone;
      wake = std::exchange(cursor->wake, nullptr);
      cursor->running = true;
      cursor->runner = std::this_thread::get_id();
    }
    if (wake) wake();
    wake = nullptr;
    absl::MutexLock lock(&mutex_);
    cursor->running = false;
  }
}

}  // namespace holter::registry
