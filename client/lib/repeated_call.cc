#include "client/lib/repeated_call.h"

#include <utility>

namespace holter::client {

RepeatedCall::RepeatedCall(const Connection& connection, CallSet& calls, Deadline deadline, const RetryOptions& retry)
    : connection_(connection), calls_(calls), deadline_(deadline), max_retries_(retry.max_retries), backoff_(retry) {}

void RepeatedCall::Start() {
  calls_.Add(shared_from_this());
  Attempt();
}

void RepeatedCall::Cancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (context_) context_->TryCancel();
  if (alarm_) alarm_->Cancel();
}

void RepeatedCall::Attempt() {
  const absl::Status status = MakeContext();
  if (!status.ok()) return Finish(status);
  Send(connection_, *context_);
}

absl::Status RepeatedCall::MakeContext() {
  absl::MutexLock lock(&mutex_);
  alarm_.reset();  // it has rung, and holds on to this call
  if (cancelled_) return absl::CancelledError("the client is closed");
  context_ = std::make_unique<grpc::ClientContext>();
  context_->set_deadline(deadline_);
  return connection_.Prepare(*context_);
}

void RepeatedCall::OnEnd(const absl::Status& status) {
  if (!absl::IsUnavailable(status) || !MayRepeat() || backoff_.attempt() >= max_retries_) return Finish(status);
  const auto next = std::chrono::system_clock::now() +
                    std::chrono::duration_cast<std::chrono::system_clock::duration>(backoff_.Next());
  if (next >= deadline_) return Finish(status);
  absl::MutexLock lock(&mutex_);
  context_.reset();
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(cancelled_ ? std::chrono::system_clock::now() : next,
              [self = shared_from_this()](bool /*rang*/) { self->Attempt(); });
}

void RepeatedCall::Finish(const absl::Status& status) {
  {
    // It holds the channel, which must not die here: gRPC's thread would have to wait for itself to end.
    absl::MutexLock lock(&mutex_);
    context_.reset();
  }
  Answer(status);
  calls_.Remove(this);
}

}  // namespace holter::client
