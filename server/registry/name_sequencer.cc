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

struct NameSequencer::Taking {
  std::vector<std::string> names;
  size_t held = 0;
  Start start;
};

void NameSequencer::Acquire(std::vector<std::string> names, Start start) {
  GoOn(std::make_shared<Taking>(Taking{.names = std::move(names), .start = std::move(start)}));
}

void NameSequencer::GoOn(const std::shared_ptr<Taking>& taking) {
  for (; taking->held < taking->names.size(); ++taking->held) {
    const std::string& name = taking->names[taking->held];
    std::function<void()> when_free = [this, taking] {
      ++taking->held;
      GoOn(taking);
    };
    if (!Enqueue(name, kMostWaiting, when_free)) {
      for (size_t i = 0; i < taking->held; ++i) {
        Release(taking->names[i]);
      }
      return taking->start(&name);
    }
    // Still ours unless it was queued; then another thread may have gone on already.
    if (!when_free) return;
  }
  taking->start(nullptr);
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
  runner_->Run(std::move(next));
}

bool NameSequencer::WaitUntilIdle(absl::Duration most) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(this, &NameSequencer::IsIdle), most);
}

}  // namespace holter::registry
