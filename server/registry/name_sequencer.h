// Writes to one name happen one after the other, in the order of their calls; writes to different names do not wait for
// each other.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace holter::registry {

// Any thread. Whoever holds a name releases it exactly once, from any thread.
class NameSequencer {
 public:
  // Writes that may wait for one name.
  static constexpr size_t kMostWaiting = 32;

  // Runs `start` when the name is free: here and now, or in a Release. False, and `start` is dropped, when too many
  // wait already.
  [[nodiscard]] bool Acquire(const std::string& name, std::function<void()> start);
  // The next in line starts in this call.
  void Release(const std::string& name);

  // Waits for the name and takes it; however many wait. Who holds several names takes them in order.
  void Hold(const std::string& name);

  // Waits until no name is held; false if that took longer than `most`.
  bool WaitUntilIdle(absl::Duration most);

 private:
  bool Enqueue(const std::string& name, size_t most_waiting, std::function<void()>& start);
  bool IsIdle() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return held_.empty(); }

  absl::Mutex mutex_;  // a leaf; most names have nobody waiting, and an empty list costs nothing
  absl::flat_hash_map<std::string, std::list<std::function<void()>>> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::registry
