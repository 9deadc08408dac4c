// One call with its repetitions.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "client/lib/call_set.h"
#include "client/lib/connection.h"
#include "holter/retry.h"

namespace holter::client {

// Keeps itself alive from Start until its callback has returned. At any moment either an attempt or the alarm before
// the next one is under way, never both, so that what only they touch needs no lock.
class RepeatedCall : public PendingCall, public std::enable_shared_from_this<RepeatedCall> {
 public:
  using Deadline = std::chrono::system_clock::time_point;

  void Start();
  void Cancel() override;

 protected:
  // `calls` and `connection` outlive it. `retry.max_retries` 0: sent once.
  RepeatedCall(const Connection& connection, CallSet& calls, Deadline deadline, const RetryOptions& retry);

  // Begins an attempt over `context`, and has OnEnd called when it is over, with itself kept alive until then.
  virtual void Send(const Connection& connection, grpc::ClientContext& context) = 0;
  // Asked after an attempt that found the server UNAVAILABLE.
  virtual bool MayRepeat() const { return true; }
  // Runs the callback; called once.
  virtual void Answer(const absl::Status& status) = 0;

  void OnEnd(const absl::Status& status);

 private:
  void Attempt();
  absl::Status MakeContext();
  void Finish(const absl::Status& status);

  const Connection& connection_;
  CallSet& calls_;
  const Deadline deadline_;
  const int max_retries_;
  RetryBackoff backoff_;

  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
  // Changes only between attempts; Cancel reaches it from other threads.
  std::unique_ptr<grpc::ClientContext> context_;
};

}  // namespace holter::client
