// The calls of a client that are under way.
#pragma once

#include <memory>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace holter::client {

class PendingCall {
 public:
  virtual ~PendingCall() = default;
  // The call ends soon, with CANCELLED if it had not ended yet. Any thread; does not wait and runs no callback itself.
  virtual void Cancel() = 0;
};

// Thread-safe.
class CallSet {
 public:
  // A call that comes after Close is cancelled at once.
  void Add(const std::shared_ptr<PendingCall>& call);
  // To be called when the callback of `call` has returned.
  void Remove(const PendingCall* call);
  // Cancels all, and waits until each has been removed.
  void Close();

 private:
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_map<const PendingCall*, std::shared_ptr<PendingCall>> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace holter::client
