// Group commit: one thread takes all that has queued up and commits it at once.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "store/store.h"

namespace holter::store {

// What one caller wants committed whole or not at all.
struct Batch {
  std::vector<Change> changes{};
  Store::Done done;
  // Set: this is done in the queue's thread, and there are no changes.
  std::function<absl::Status()> instead{};
};

// Owns the thread. While commits fail it commits an empty group now and then, so that whoever applies them learns when
// the disk takes changes again, without a caller having to try. Push from any thread, the queue's own included. The
// destructor commits what is queued, then joins; nobody may push any more but Done callbacks that run meanwhile.
class CommitQueue {
 public:
  // Commits all batches of a group, or none of them.
  using Apply = std::function<absl::Status(const std::vector<Batch>& group)>;

  CommitQueue(Apply apply, Duration retry);
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  void Push(Batch batch) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queued_.empty(); }

  const Apply apply_;
  const Duration retry_;
  absl::Mutex mutex_;
  std::vector<Batch> queued_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace holter::store
