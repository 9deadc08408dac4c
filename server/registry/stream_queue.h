// What the loops have to tell one client, between them and the thread that tells it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace holter::registry {

// Thread-safe. Bounded: who reads too slowly misses what came last.
template <class Item>
class StreamQueue {
 public:
  explicit StreamQueue(size_t most) : most_(most) {}

  // Drops the item, and counts it, when the queue is full or finished.
  void Push(Item item) {
    absl::MutexLock lock(&mutex_);
    if (finished_ || items_.size() >= most_) {
      ++dropped_;
      return;
    }
    items_.push_back(std::move(item));
    Wake();
  }
  // Nothing follows what is in the queue.
  void Finish() {
    absl::MutexLock lock(&mutex_);
    finished_ = true;
    Wake();
  }

  // At most `most` of the oldest items.
  std::deque<Item> Take(size_t most) {
    absl::MutexLock lock(&mutex_);
    std::deque<Item> taken;
    for (; !items_.empty() && taken.size() < most; items_.pop_front()) taken.push_back(std::move(items_.front()));
    return taken;
  }
  // Since the last call.
  int64_t TakeDropped() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(dropped_, 0);
  }
  bool finished() const {
    absl::MutexLock lock(&mutex_);
    return finished_ && items_.empty();
  }

  // As StreamReader::OnReady; null: nobody is woken any more. `wake` is called with a lock held: it must not come back.
  void OnReady(std::function<void()> wake) {
    absl::MutexLock lock(&mutex_);
    wake_ = std::move(wake);
    if (finished_ || !items_.empty()) Wake();
  }

 private:
  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (const std::function<void()> wake = std::exchange(wake_, nullptr)) wake();
  }

  const size_t most_;
  mutable absl::Mutex mutex_;
  std::deque<Item> items_ ABSL_GUARDED_BY(mutex_);
  int64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void()> wake_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::registry
