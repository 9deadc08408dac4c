// What every unary call of our services goes through: the gate, the timer, exactly one answer.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>

#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/operation_observer.h"
#include "rpc/access_gate.h"
#include "rpc/error_details.h"
#include "rpc/rpc_timer.h"
#include "rpc/unary_call.h"

namespace holter::rpc {

inline absl::Status CallFailed() {
  return MakeError(absl::StatusCode::kInternal, "INTERNAL", "the call failed inside the server");
}

// What answers a call. The response belongs to whoever claims the call.
template <typename Response>
auto ReplyTo(std::shared_ptr<UnaryCall> call, Response* response) {
  return [call = std::move(call), response](absl::StatusOr<Response> answer) {
    if (!call->Claim()) {
      return;
    }
    const absl::Status status = answer.status();
    if (status.ok()) {
      *response = *std::move(answer);
    }
    call->Finish(status);
  };
}

// The same for an answer that holds nothing.
inline auto ReplyTo(std::shared_ptr<UnaryCall> call) {
  return [call = std::move(call)](const absl::Status& status) { call->FinishIfUnclaimed(status); };
}

// What a service lends to its calls; all of it outlives them.
struct CallEnvironment {
  const AccessGate& gate;
  const Clock& clock;
  OperationObserver& operations;
  UnaryCalls& calls;
};

// Calls `body` with the call if the gate lets it pass; exceptions end that call only.
template <typename Body>
grpc::ServerUnaryReactor* ServeUnary(const CallEnvironment& environment, grpc::CallbackServerContext* context,
                                     std::string_view method, const google::protobuf::Message& request,
                                     ResourceName resource, const Body& body) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::shared_ptr<const Admission> admission = environment.gate.Admit(*context, method, request);
  const std::shared_ptr<UnaryCall> call = environment.calls.Begin(
      reactor, RpcTimer(method, environment.clock, environment.operations, admission), std::move(resource));
  if (!admission->status().ok()) {
    call->FinishIfUnclaimed(admission->status());
    return reactor;
  }
  try {
    body(call);
  } catch (const std::exception& exception) {
    Log(LogLevel::kError, "A call failed", {{"method", method}, {"exception", exception.what()}});
    environment.operations.OnException("rpc");
    call->FinishIfUnclaimed(CallFailed());
  }
  return reactor;
}

}  // namespace holter::rpc
