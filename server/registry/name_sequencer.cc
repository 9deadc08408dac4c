#include "registry/name_sequencer.h"

#include <limits>
#include <utility>

#include "absl/synchronization/notification.h"

namespace holter::registry {

bool NameSequencer::Enqueue(const std::string& name, size_t most_waiting, std::function<void()>& start) {
  absl::MutexLock lock(&mutex_);
  const auto [held, is_free] = held_.try_emplace(name);
  if (is_free || held->second.size() >= most_waiting) return is_free;
  held->second.push_back(std::exchange(start, nullptr));
  return true;
}

bool NameSequencer::Acquire(const std::string& name, std::function<void()> start) {
  if (!Enqueue(name, kMostWaiting, start)) return false;
  // Still ours unless it was queued.
  if (start) start();
  return true;
}

void NameSequencer::Hold(const std::string& name) {
  absl::Notification held;
  std::function<void()> start = [&held] { held.Notify(); };
  Enqueue(name, std::numeric_limits<size_t>::max(), start);
  if (start) return;
  held.WaitForNotification();
}

void NameSequencer::Release(const std::string& name) {
  std::function<void()> next;
  {
    absl::MutexLock lock(&mutex_);
    const auto held = held_.find(name);
    if (held->second.empty()) {
      held_.erase(held);
      return;
    }
    next = std::move(held->second.front());
    held->second.pop_front();
  }
  next();
}

bool NameSequencer::WaitUntilIdle(absl::Duration most) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(this, &NameSequencer::IsIdle), most);
}

}  // namespace holter::registry
