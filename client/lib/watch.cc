#include "holter/watch.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/lib/connection.h"
#include "client/lib/requests.h"
#include "holter/status.h"
#include "holter/v1/session_service.grpc.pb.h"

namespace holter::client {

// One stream after the other. `context` is the current stream's; Cancel reaches it from other threads, so it changes
// under the mutex.
struct Watch::Impl {
  using Reader = grpc::ClientReaderInterface<v1::WatchSessionsResponse>;

  Impl(std::shared_ptr<const Connection> the_connection, std::string parent, const WatchOptions& options)
      : connection(std::move(the_connection)),
        max_first_retries(options.retry.max_retries),
        token(options.resume_token),
        backoff(options.retry) {
    request.set_parent(std::move(parent));
    request.set_filter(options.filter);
    for (const std::string& path : options.read_mask) request.mutable_read_mask()->add_paths(path);
    if (options.bookmark_interval.count() != 0) {
      *request.mutable_bookmark_interval() = ToProto(options.bookmark_interval);
    }
    request.set_conflate(options.conflate);
  }

  absl::Status Open();
  WatchEvent Take(v1::WatchSessionsResponse response);
  absl::Status Close();
  absl::StatusOr<WatchEvent> AfterBreak(const absl::Status& cause);
  bool ComesBackAfter(const absl::Status& cause) const;
  void Cancel();
  bool Cancelled() const;
  bool WaitUnlessCancelled(std::chrono::nanoseconds delay);

  const std::shared_ptr<const Connection> connection;
  v1::WatchSessionsRequest request;  // of every stream, but for the token
  const int max_first_retries;
  std::string token;
  RetryBackoff backoff;
  bool had_response = false;
  bool in_snapshot = false;          // responses without a token have come since the stream began
  std::chrono::nanoseconds delay{};  // before the next stream
  std::unique_ptr<Reader> reader;
  std::optional<v1::WatchSessionsResponse> held;  // what stood behind a reset in one response

  mutable absl::Mutex mutex;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
  std::unique_ptr<grpc::ClientContext> context ABSL_GUARDED_BY(mutex);
};

// CANCELLED when the watch was cancelled.
absl::Status Watch::Impl::Open() {
  auto fresh = std::make_unique<grpc::ClientContext>();
  if (absl::Status status = connection->Prepare(*fresh); !status.ok()) return status;
  grpc::ClientContext* const raw = fresh.get();
  {
    absl::MutexLock lock(&mutex);
    if (cancelled) return absl::CancelledError("the watch was cancelled");
    context = std::move(fresh);
  }
  request.set_resume_token(token);
  in_snapshot = false;
  reader = connection->stub().WatchSessions(raw, request);
  return absl::OkStatus();
}

// What stands before a reset is to be forgotten with the rest.
WatchEvent Watch::Impl::Take(v1::WatchSessionsResponse response) {
  WatchEvent event;
  auto& changes = *response.mutable_changes();
  const auto reset = std::find_if(changes.rbegin(), changes.rend(), [](const v1::SessionChange& change) {
    return change.kind() == v1::SessionChange::KIND_RESET;
  });
  if (reset != changes.rend()) {
    changes.DeleteSubrange(0, static_cast<int>(std::distance(reset, changes.rend())));
    event.kind = WatchEvent::Kind::kReset;
    event.cause = absl::ResourceExhaustedError("the watch was read too slowly");
    held = std::move(response);
  } else {
    event.response = std::move(response);
  }
  return event;
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

Watch::Watch(std::shared_ptr<const Connection> connection, std::string parent, const WatchOptions& options)
    : impl_(std::make_unique<Impl>(std::move(connection), std::move(parent), options)) {}

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
  if (impl_->held) {
    WatchEvent event;
    event.response = *std::exchange(impl_->held, std::nullopt);
    if (!event.response.changes().empty()) return event;
  }
  if (!impl_->reader) {
    const auto delay = std::exchange(impl_->delay, {});
    if (!impl_->WaitUnlessCancelled(delay)) return absl::CancelledError("the watch was cancelled");
    if (absl::Status status = impl_->Open(); !status.ok()) return status;
  }
  v1::WatchSessionsResponse response;
  if (!impl_->reader->Read(&response)) return impl_->AfterBreak(impl_->Close());
  impl_->had_response = true;
  impl_->backoff.Reset();
  impl_->in_snapshot = response.resume_token().empty();
  if (!response.resume_token().empty()) impl_->token = response.resume_token();
  return impl_->Take(std::move(response));
}

void Watch::Cancel() { impl_->Cancel(); }

const std::string& Watch::resume_token() const { return impl_->token; }

}  // namespace holter::client
