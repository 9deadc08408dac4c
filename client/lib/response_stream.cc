#include "holter/response_stream.h"

#include <utility>

#include "client/lib/response_stream_impl.h"
#include "holter/status.h"

namespace holter::client {

template <typename Response>
ResponseStream<Response>::ResponseStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

template <typename Response>
ResponseStream<Response>::~ResponseStream() {
  if (!impl_->reader || impl_->end) return;
  Cancel();
  Response ignored;
  while (impl_->reader->Read(&ignored)) {
    // What had been received before the cancellation is finite.
  }
  static_cast<void>(impl_->reader->Finish());
}

template <typename Response>
absl::StatusOr<std::optional<Response>> ResponseStream<Response>::Next() {
  if (!impl_->reader && !impl_->end) {
    if (absl::Status status = impl_->connection->Prepare(impl_->context); !status.ok()) {
      impl_->end = std::move(status);
    } else {
      impl_->reader = impl_->open(impl_->connection->stub(), &impl_->context);
    }
  }
  std::optional<Response> response;
  if (!impl_->end && !impl_->reader->Read(&response.emplace())) {
    response.reset();
    impl_->end = FromGrpc(impl_->reader->Finish());
  }
  if (response) return response;
  if (!impl_->end->ok()) return *impl_->end;
  return std::optional<Response>();
}

template <typename Response>
void ResponseStream<Response>::Cancel() {
  impl_->context.TryCancel();
}

template class ResponseStream<v1::ProbeSessionResponse>;
template class ResponseStream<v1::TapSessionResponse>;

}  // namespace holter::client
