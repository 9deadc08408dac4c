#include "store/commit_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/time.h"

namespace holter::store {

CommitQueue::CommitQueue(Apply apply, Duration retry)
    : apply_(std::move(apply)), retry_(retry), thread_([this] { Run(); }) {}

CommitQueue::~CommitQueue() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void CommitQueue::Push(Batch batch) {
  absl::MutexLock lock(&mutex_);
  queued_.push_back(std::move(batch));
}

void CommitQueue::Run() {
  absl::Status result;
  while (true) {
    std::vector<Batch> group;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &CommitQueue::HasWork),
                              result.ok() ? absl::InfiniteDuration() : absl::FromChrono(retry_));
      if (stopping_ && queued_.empty()) return;
      group.swap(queued_);
    }
    const auto others =
        std::stable_partition(group.begin(), group.end(), [](const Batch& batch) { return batch.instead == nullptr; });
    std::vector<Batch> instead(std::make_move_iterator(others), std::make_move_iterator(group.end()));
    group.erase(others, group.end());
    if (!group.empty() || instead.empty()) {
      result = apply_(group);
      for (Batch& batch : group) {
        batch.done(result);
      }
    }
    for (Batch& batch : instead) {
      batch.done(batch.instead());
    }
  }
}

}  // namespace holter::store
