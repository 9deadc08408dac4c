// Group commit: one thread takes all that has queued up and commits it at once.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "store/store.h"

namespace holter::store {

// What one caller wants committed whole or not at all.
struct Batch {
  std::vector<Change> changes;
  Store::Done done;
};

// Owns the thread. Push from any thread, the queue's own included. The destructor commits what is queued, then joins;
// nobody may push any more but Done callbacks that run meanwhile.
class CommitQueue {
 public:
  // Commits all batches of a group, or none of them.
  using Apply = std::function<absl::Status(const std::vector<Batch>& group)>;

  explicit CommitQueue(Apply apply);
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  void Push(Batch batch) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queued_.empty(); }

  const Apply apply_;
  absl::Mutex mutex_;
  std::vector<Batch> queued_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace holter::store
