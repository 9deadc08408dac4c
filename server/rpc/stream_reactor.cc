#include "rpc/stream_reactor.h"

#include <grpcpp/server_context.h>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "base/error.h"
#include "holter/v1/session_service.pb.h"

namespace holter::rpc {
namespace {

absl::Status Lagged(std::string_view reason, Duration timeout) {
  return MakeError(
      absl::StatusCode::kResourceExhausted, reason, "the client did not read",
      {{"write_timeout_ms", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count())},
       {"resume", "call again; a watch with the resume_token of the last response that was read"}});
}

}  // namespace

template <class Response>
StreamReactor<Response>::StreamReactor(grpc::CallbackServerContext* context, RpcTimer timer, ResourceName resource,
                                       std::string_view lagged, std::shared_ptr<StreamScheduler> scheduler,
                                       OperationObserver& operations)
    : timer_(std::move(timer)),
      resource_(std::move(resource)),
      lagged_(lagged),
      scheduler_(std::move(scheduler)),
      operations_(operations),
      context_(context) {}

template <class Response>
void StreamReactor<Response>::Start(absl::StatusOr<std::unique_ptr<Reader>> reader) {
  self_ = this->shared_from_this();
  if (!reader.ok()) {
    FinishWith(reader.status());
    return;
  }
  reader_ = *std::move(reader);
  if (!scheduler_->Add(self_)) {
    FinishWith(ShuttingDown());
    return;
  }
  // Headers tell the client that the stream stands, also when nothing happens for long.
  this->StartSendInitialMetadata();
  Pull();
}

template <class Response>
void StreamReactor<Response>::Pull() {
  try {
    do {
      absl::StatusOr<std::optional<Response>> next = reader_->Next();
      if (!next.ok()) {
        FinishWith(next.status());
        return;
      }
      if (next->has_value()) {
        response_ = **std::move(next);
        Write();
        return;
      }
      if (reader_->finished()) {
        FinishWith(absl::OkStatus());
        return;
      }
    } while (Wait());
  } catch (const std::exception&) {
    Fail();
  }
}

template <class Response>
void StreamReactor<Response>::Fail() {
  operations_.OnException("rpc");
  FinishWith(MakeError(absl::StatusCode::kInternal, "INTERNAL", "the stream failed inside the server"));
}

template <class Response>
void StreamReactor<Response>::Write() {
  absl::Status asked;
  {
    // gRPC never calls back from within StartWrite; under the lock nobody can Finish before it.
    const std::lock_guard lock(mutex_);
    if (turn_.Write(scheduler_->clock().Now())) {
      this->StartWrite(&response_);
      return;
    }
    asked = turn_.end();
  }
  FinishWith(asked);
}

template <class Response>
bool StreamReactor<Response>::Wait() {
  response_ = Response();  // an idle stream holds no memory of the last burst
  // The turn is kept meanwhile: the wake may come before OnReady returns.
  reader_->OnReady([scheduler = scheduler_, stream = this->weak_from_this()] { scheduler->Wake(stream); });
  absl::Status asked;
  {
    const std::lock_guard lock(mutex_);
    const StreamTurn::Waiting waiting = turn_.Wait();
    if (waiting != StreamTurn::Waiting::kEnds) return waiting == StreamTurn::Waiting::kReadAgain;
    asked = turn_.end();
  }
  FinishWith(asked);
  return false;
}

template <class Response>
void StreamReactor<Response>::FinishWith(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    turn_.Finish(status.code(), scheduler_->clock().Now());
  }
  this->Finish(ToGrpcStatus(status, resource_));
}

template <class Response>
void StreamReactor<Response>::End(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (!turn_.End(status, scheduler_->clock().Now())) return;
  }
  this->Finish(ToGrpcStatus(status, resource_));
}

template <class Response>
void StreamReactor<Response>::OnWake() {
  {
    const std::lock_guard lock(mutex_);
    if (!turn_.Wake()) return;
  }
  Pull();
}

template <class Response>
void StreamReactor<Response>::CheckWrite(TimePoint now) {
  bool cut_off = false;
  bool reset = false;
  {
    const std::lock_guard lock(mutex_);
    cut_off = turn_.IsSlow(now, scheduler_->write_timeout());
    reset = turn_.IsStuck(now, scheduler_->write_timeout());
  }
  if (cut_off) {
    End(Lagged(lagged_, scheduler_->write_timeout()));
  } else if (reset) {
    const std::lock_guard lock(context_mutex_);
    if (context_ != nullptr) {
      context_->TryCancel();
    }
  }
}

template <class Response>
void StreamReactor<Response>::Check(TimePoint now) {
  CheckWrite(now);
  if (const absl::Status status = timer_.admission().Recheck(); !status.ok()) End(status);
  CheckDue(now);
}

template <class Response>
void StreamReactor<Response>::CheckDue(TimePoint now) {
  {
    const std::lock_guard lock(mutex_);
    if (!turn_.is_waiting() || !reader_->IsDue(now)) {
      return;
    }
    turn_.Take();
  }
  Pull();
}

template <class Response>
bool StreamReactor<Response>::WaitGuarded() {
  try {
    return Wait();
  } catch (const std::exception&) {
    Fail();
    return false;
  }
}

template <class Response>
void StreamReactor<Response>::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    if (!turn_.WriteDone()) return;
  }
  if (!ok) {
    FinishWith(absl::CancelledError("the client went away"));
  } else if (reader_->is_eager() || WaitGuarded()) {
    Pull();
  }
}

template <class Response>
void StreamReactor<Response>::OnCancel() {
  End(absl::CancelledError("the client went away"));
}

template <class Response>
void StreamReactor<Response>::OnDone() {
  timer_.End(turn_.code());
  {
    const std::lock_guard lock(context_mutex_);
    context_ = nullptr;
  }
  reader_.reset();  // from here on nobody wakes us
  const std::shared_ptr<StreamReactor> self = std::move(self_);
  scheduler_->Remove(self);
}

template class StreamReactor<v1::WatchSessionsResponse>;
template class StreamReactor<v1::ProbeSessionResponse>;
template class StreamReactor<v1::TapSessionResponse>;

}  // namespace holter::rpc
