// One call with its repetitions.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "client/lib/call_set.h"
#include "client/lib/connection.h"
#include "holter/status.h"

namespace holter::client {

// Keeps itself alive from Start until its callback has returned. At any moment either an attempt or the alarm before
// the next one is under way, never both, so that what only they touch needs no lock.
template <typename Request, typename Response>
class UnaryCall final : public PendingCall, public std::enable_shared_from_this<UnaryCall<Request, Response>> {
 public:
  using Async = v1::SessionService::StubInterface::async_interface;
  using Method = void (Async::*)(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);
  using Done = std::function<void(absl::StatusOr<Response>)>;
  using Deadline = std::chrono::system_clock::time_point;

  // `calls` and `connection` outlive it. `retry.max_retries` 0: sent once.
  UnaryCall(const Connection& connection, CallSet& calls, Method method, Request request, Deadline deadline,
            const RetryOptions& retry, Done done)
      : connection_(connection),
        calls_(calls),
        method_(method),
        request_(std::move(request)),
        deadline_(deadline),
        max_retries_(retry.max_retries),
        backoff_(retry),
        done_(std::move(done)) {}

  void Start() {
    calls_.Add(this->shared_from_this());
    Attempt();
  }

  void Cancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    if (context_) context_->TryCancel();
    if (alarm_) alarm_->Cancel();
  }

 private:
  void Attempt() {
    const absl::Status status = MakeContext();
    if (!status.ok()) return Finish(status);
    response_.Clear();
    (connection_.stub().async()->*method_)(
        context_.get(), &request_, &response_,
        [self = this->shared_from_this()](const grpc::Status& answer) { self->OnAnswer(FromGrpc(answer)); });
  }

  absl::Status MakeContext() {
    absl::MutexLock lock(&mutex_);
    alarm_.reset();  // it has rung, and holds on to this call
    if (cancelled_) return absl::CancelledError("the client is closed");
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(deadline_);
    return connection_.Prepare(*context_);
  }

  void OnAnswer(const absl::Status& status) {
    if (!absl::IsUnavailable(status) || backoff_.attempt() >= max_retries_) return Finish(status);
    const auto next = std::chrono::system_clock::now() +
                      std::chrono::duration_cast<std::chrono::system_clock::duration>(backoff_.Next());
    if (next >= deadline_) return Finish(status);
    absl::MutexLock lock(&mutex_);
    context_.reset();
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(cancelled_ ? std::chrono::system_clock::now() : next,
                [self = this->shared_from_this()](bool /*rang*/) { self->Attempt(); });
  }

  void Finish(const absl::Status& status) {
    {
      // It holds the channel, which must not die here: gRPC's thread would have to wait for itself to end.
      absl::MutexLock lock(&mutex_);
      context_.reset();
    }
    const Done done = std::exchange(done_, nullptr);
    if (status.ok()) {
      done(std::move(response_));
    } else {
      done(status);
    }
    calls_.Remove(this);
  }

  const Connection& connection_;
  CallSet& calls_;
  const Method method_;
  const Request request_;
  const Deadline deadline_;
  const int max_retries_;
  RetryBackoff backoff_;
  Response response_;
  Done done_;

  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
  // Changes only between attempts; Cancel reaches it from other threads.
  std::unique_ptr<grpc::ClientContext> context_;
};

}  // namespace holter::client
