// One unary call with its repetitions.
#pragma once

#include <grpcpp/support/status.h>

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "client/lib/repeated_call.h"
#include "holter/status.h"

namespace holter::client {

inline v1::SessionService::StubInterface::async_interface& AsyncStubOf(const Connection& connection,
                                                                       const v1::SessionService* /*service*/) {
  return *connection.stub().async();
}
inline v1::PresetService::StubInterface::async_interface& AsyncStubOf(const Connection& connection,
                                                                      const v1::PresetService* /*service*/) {
  return *connection.presets().async();
}

template <typename Request, typename Response, typename Service = v1::SessionService>
class UnaryCall final : public RepeatedCall {
 public:
  using Async = typename Service::StubInterface::async_interface;
  using Method = void (Async::*)(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);
  using Done = std::function<void(absl::StatusOr<Response>)>;

  // As RepeatedCall.
  UnaryCall(const Connection& connection, CallSet& calls, Deadline deadline, const RetryOptions& retry, Method method,
            Request request, Done done)
      : RepeatedCall(connection, calls, deadline, retry),
        method_(method),
        request_(std::move(request)),
        done_(std::move(done)) {}

 private:
  void Send(const Connection& connection, grpc::ClientContext& context) override {
    Async& stub = AsyncStubOf(connection, static_cast<const Service*>(nullptr));
    response_.Clear();
    (stub.*method_)(&context, &request_, &response_,
                    [this, self = shared_from_this()](const grpc::Status& answer) { OnEnd(FromGrpc(answer)); });
  }

  void Answer(const absl::Status& status) override {
    const Done done = std::exchange(done_, nullptr);
    if (status.ok()) {
      done(std::move(response_));
    } else {
      done(status);
    }
  }

  const Method method_;
  const Request request_;
  Response response_;
  Done done_;
};

}  // namespace holter::client
