// A call that goes on answering.
#pragma once

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holter/v1/session_service.pb.h"

namespace holter::client {

// Of Probe and Tap. It is never begun again by itself: what was missed meanwhile would be missed in silence. Next is
// called by one thread at a time, Cancel by any, also before Next. The destructor cancels and waits no longer than that
// takes; nobody may be in Next then.
template <typename Response>
class ResponseStream {
 public:
  ~ResponseStream();
  ResponseStream(const ResponseStream&) = delete;
  ResponseStream& operator=(const ResponseStream&) = delete;

  // Blocks until there is an answer; nothing: that was the last. An error is final: CANCELLED after Cancel, else why
  // the call cannot go on.
  absl::StatusOr<std::optional<Response>> Next();
  // Ends the call: a Next that blocks returns CANCELLED at once.
  void Cancel();

 private:
  friend class AsyncClient;
  struct Impl;

  explicit ResponseStream(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

using Probe = ResponseStream<v1::ProbeSessionResponse>;
using Tap = ResponseStream<v1::TapSessionResponse>;

}  // namespace holter::client
