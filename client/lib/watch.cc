#include "client/lib/watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/lib/status.h"
#include "holter/v1/session_service.grpc.pb.h"

namespace holter::client {

// One stream after the other. `context` is the current stream's; Cancel reaches it from other threads, so it changes
// under the mutex.
struct Watch::Impl {
  using Reader = grpc::ClientReaderInterface<v1::WatchSessionsResponse>;

  Impl(const std::shared_ptr<grpc::Channel>& channel, std::string the_parent, const WatchOptions& options)
      : stub(v1::SessionService::NewStub(channel)),
        parent(std::move(the_parent)),
        max_first_retries(options.retry.max_retries),
        token(options.resume_token),
        backoff(options.retry) {}

  bool Open();
  absl::Status Close();
  absl::StatusOr<WatchEvent> AfterBreak(const absl::Status& cause);
  bool ComesBackAfter(const absl::Status& cause) const;
  void Cancel();
  bool Cancelled() const;
  bool WaitUnlessCancelled(std::chrono::nanoseconds delay);

  const std::unique_ptr<v1::SessionService::StubInterface> stub;
  const std::string parent;
  const int max_first_retries;
  std::string token;
  RetryBackoff backoff;
  bool had_response = false;
  bool in_snapshot = false;          // responses without a token have come since the stream began
  std::chrono::nanoseconds delay{};  // before the next stream
  std::unique_ptr<Reader> reader;

  mutable absl::Mutex mutex;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
  std::unique_ptr<grpc::ClientContext> context ABSL_GUARDED_BY(mutex);
};

// False when the watch was cancelled.
bool Watch::Impl::Open() {
  auto fresh = std::make_unique<grpc::ClientContext>();
  grpc::ClientContext* const raw = fresh.get();
  {
    absl::MutexLock lock(&mutex);
    if (cancelled) return false;
    context = std::move(fresh);
  }
  v1::WatchSessionsRequest request;
  request.set_parent(parent);
  request.set_resume_token(token);
  in_snapshot = false;
  reader = stub->WatchSessions(raw, request);
  return true;
}

// The reader has to go before its context.
absl::Status Watch::Impl::Close() {
  absl::Status status = FromGrpc(reader->Finish());
  reader.reset();
  absl::MutexLock lock(&mutex);
  context.reset();
  return status;
}

bool Watch::Impl::ComesBackAfter(const absl::Status& cause) const {
  switch (cause.code()) {
    case absl::StatusCode::kOk:         // the server ended the stream
    case absl::StatusCode::kCancelled:  // the server went away in the middle of it
    case absl::StatusCode::kUnavailable:
      return had_response || backoff.attempt() < max_first_retries;
    case absl::StatusCode::kResourceExhausted:
      return ReasonOf(cause) == "WATCH_LAGGED";
    case absl::StatusCode::kOutOfRange:
      return ReasonOf(cause) == "WATCH_EXPIRED" && !token.empty();
    default:
      return false;
  }
}

absl::StatusOr<WatchEvent> Watch::Impl::AfterBreak(const absl::Status& cause) {
  if (Cancelled()) return absl::CancelledError("the watch was cancelled");
  if (!ComesBackAfter(cause)) {
    return cause.ok() ? absl::UnavailableError("the server ended the watch before its first response") : cause;
  }
  delay = backoff.Next();
  WatchEvent event;
  event.cause = cause.ok() ? absl::UnavailableError("the server ended the stream") : cause;
  if (ReasonOf(cause) == "WATCH_EXPIRED") {
    token.clear();
    delay = {};  // the server is there and has answered
    event.kind = WatchEvent::Kind::kReset;
  } else {
    event.kind = in_snapshot ? WatchEvent::Kind::kReset : WatchEvent::Kind::kInterrupted;
    if (in_snapshot) token.clear();
  }
  return event;
}

void Watch::Impl::Cancel() {
  absl::MutexLock lock(&mutex);
  cancelled = true;
  if (context) context->TryCancel();
}

bool Watch::Impl::Cancelled() const {
  absl::MutexLock lock(&mutex);
  return cancelled;
}

bool Watch::Impl::WaitUnlessCancelled(std::chrono::nanoseconds wait) {
  absl::MutexLock lock(&mutex);
  mutex.AwaitWithTimeout(absl::Condition(&cancelled), absl::FromChrono(wait));
  return !cancelled;
}

Watch::Watch(const std::shared_ptr<grpc::Channel>& channel, std::string parent, const WatchOptions& options)
    : impl_(std::make_unique<Impl>(channel, std::move(parent), options)) {}

Watch::~Watch() {
  impl_->Cancel();
  if (!impl_->reader) return;
  v1::WatchSessionsResponse ignored;
  while (impl_->reader->Read(&ignored)) {
    // What had been received before the cancellation is finite.
  }
  static_cast<void>(impl_->Close());
}

absl::StatusOr<WatchEvent> Watch::Next() {
  if (!impl_->reader) {
    const auto delay = std::exchange(impl_->delay, {});
    if (!impl_->WaitUnlessCancelled(delay) || !impl_->Open()) return absl::CancelledError("the watch was cancelled");
  }
  WatchEvent event;
  if (!impl_->reader->Read(&event.response)) return impl_->AfterBreak(impl_->Close());
  impl_->had_response = true;
  impl_->backoff.Reset();
  impl_->in_snapshot = event.response.resume_token().empty();
  if (!event.response.resume_token().empty()) impl_->token = event.response.resume_token();
  return event;
}

void Watch::Cancel() { impl_->Cancel(); }

const std::string& Watch::resume_token() const { return impl_->token; }

}  // namespace holter::client
