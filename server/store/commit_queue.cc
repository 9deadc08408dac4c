#include "store/commit_queue.h"

#include <utility>

namespace holter::store {

CommitQueue::CommitQueue(Apply apply) : apply_(std::move(apply)), thread_([this] { Run(); }) {}

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
  while (true) {
    std::vector<Batch> group;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(this, &CommitQueue::HasWork));
      if (queued_.empty()) return;
      group.swap(queued_);
    }
    const absl::Status result = apply_(group);
    for (Batch& batch : group) {
      batch.done(result);
    }
  }
}

}  // namespace holter::store
