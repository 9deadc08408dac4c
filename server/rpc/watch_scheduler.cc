#include "rpc/watch_scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rpc/watch_reactor.h"

namespace holter::rpc {
namespace {

// Bookmarks are late by no more than this, and so is the end of a watch whose caller lost his rights.
constexpr Duration kBookmarkPace = std::chrono::milliseconds(500);

}  // namespace

WatchScheduler::WatchScheduler(const Clock& clock, Duration write_timeout, std::function<void(TimePoint now)> sweep)
    : clock_(clock), write_timeout_(write_timeout), sweep_(std::move(sweep)), thread_([this] { Run(); }) {}

WatchScheduler::~WatchScheduler() {
  if (thread_.joinable()) {
    Stop();
  }
}

bool WatchScheduler::Add(const std::shared_ptr<WatchReactor>& watch) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return false;
  }
  watches_.insert(watch);
  changed_.notify_all();
  return true;
}

void WatchScheduler::Remove(const std::shared_ptr<WatchReactor>& watch) {
  const std::lock_guard lock(mutex_);
  watches_.erase(watch);
  changed_.notify_all();
}

void WatchScheduler::Wake(std::weak_ptr<WatchReactor> watch) {
  const std::lock_guard lock(mutex_);
  woken_.push_back(std::move(watch));
  changed_.notify_all();
}

void WatchScheduler::EndAll(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  for (const std::shared_ptr<WatchReactor>& watch : Watches()) {
    watch->End(status);
  }
}

void WatchScheduler::WaitUntilEmpty(Duration deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [this] { return watches_.empty(); });
}

void WatchScheduler::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::vector<std::shared_ptr<WatchReactor>> WatchScheduler::Watches() {
  const std::lock_guard lock(mutex_);
  return {watches_.begin(), watches_.end()};
}

void WatchScheduler::Run() {
  const Duration pace = std::clamp<Duration>(write_timeout_ / 4, std::chrono::milliseconds(1), kBookmarkPace);
  TimePoint next_check = clock_.Now() + pace;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, std::max(next_check - clock_.Now(), Duration::zero()),
                      [this] { return stopping_ || !woken_.empty(); });
    const std::vector<std::weak_ptr<WatchReactor>> woken = std::exchange(woken_, {});
    lock.unlock();
    for (const std::weak_ptr<WatchReactor>& weak : woken) {
      if (const std::shared_ptr<WatchReactor> watch = weak.lock()) {
        watch->OnWake();
      }
    }
    if (clock_.Now() >= next_check) {
      for (const std::shared_ptr<WatchReactor>& watch : Watches()) {
        watch->CheckWrite(clock_.Now());
        watch->CheckAccess();
        watch->CheckBookmark();
      }
      sweep_(clock_.Now());
      next_check = clock_.Now() + pace;
    }
    lock.lock();
  }
}

}  // namespace holter::rpc
