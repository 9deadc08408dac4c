// Writes to one name happen one after the other, in the order of their calls; writes to different names do not wait for
// each other.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "registry/turn_thread.h"

namespace holter::registry {

// Any thread. Whoever holds a name releases it exactly once, from any thread.
class NameSequencer {
 public:
  // `runner` starts those who had to wait, and outlives this.
  explicit NameSequencer(TurnRunner* runner) : runner_(runner) {}

  // Writes that may wait for one name.
  static constexpr size_t kMostWaiting = 32;

  // Takes all names, which are in order and different, then runs `start`: here and now if all are free, else by the
  // runner. When too many wait for one of them already, none is held and `start` is told which.
  using Start = std::function<void(const std::string* crowded)>;
  void Acquire(std::vector<std::string> names, Start start);
  // The next in line is handed to the runner.
  void Release(const std::string& name);

  // Waits for the name and takes it; however many wait. Who holds several names takes them in order.
  void Hold(const std::string& name);

  // Waits until no name is held; false if that took longer than `most`.
  bool WaitUntilIdle(absl::Duration most);

 private:
  struct Taking;

  void GoOn(const std::shared_ptr<Taking>& taking);
  bool Enqueue(const std::string& name, size_t most_waiting, std::function<void()>& start);
  bool IsIdle() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return held_.empty(); }

  TurnRunner* const runner_;
  absl::Mutex mutex_;  // a leaf; most names have nobody waiting, and an empty list costs nothing
  absl::flat_hash_map<std::string, std::list<std::function<void()>>> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::registry
