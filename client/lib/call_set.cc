#include "client/lib/call_set.h"

#include <vector>

namespace holter::client {

void CallSet::Add(const std::shared_ptr<PendingCall>& call) {
  bool closed = false;
  {
    absl::MutexLock lock(&mutex_);
    calls_.emplace(call.get(), call);
    closed = closed_;
  }
  if (closed) call->Cancel();
}

void CallSet::Remove(const PendingCall* call) {
  std::shared_ptr<PendingCall> last;  // released outside the lock
  absl::MutexLock lock(&mutex_);
  const auto found = calls_.find(call);
  last = std::move(found->second);
  calls_.erase(found);
}

void CallSet::Close() {
  std::vector<std::shared_ptr<PendingCall>> calls;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    for (const auto& [key, call] : calls_) calls.push_back(call);
  }
  for (const auto& call : calls) call->Cancel();
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](decltype(calls_)* left) { return left->empty(); }, &calls_));
}

}  // namespace holter::client
