#include "rpc/unary_call.h"

#include <utility>

#include "base/error.h"

namespace holter::rpc {

UnaryCall::UnaryCall(grpc::ServerUnaryReactor* reactor, RpcTimer timer, ResourceName resource, UnaryCalls& calls)
    : reactor_(reactor), timer_(std::move(timer)), resource_(std::move(resource)), calls_(calls) {}

UnaryCall::~UnaryCall() {
  calls_.Forget(this);
  FinishIfUnclaimed(MakeError(absl::StatusCode::kInternal, "CALL_DROPPED", "the call ended without an answer"));
}

void UnaryCall::Finish(const absl::Status& status) {
  timer_.End(status.code());
  reactor_->Finish(ToGrpcStatus(status, resource_));
}

void UnaryCall::FinishIfUnclaimed(const absl::Status& status) {
  if (Claim()) {
    Finish(status);
  }
}

std::shared_ptr<UnaryCall> UnaryCalls::Begin(grpc::ServerUnaryReactor* reactor, RpcTimer timer, ResourceName resource) {
  auto call = std::make_shared<UnaryCall>(reactor, std::move(timer), std::move(resource), *this);
  const std::lock_guard lock(mutex_);
  calls_.emplace(call.get(), call);
  return call;
}

void UnaryCalls::FinishAll(const absl::Status& status) {
  FinishThose([](const UnaryCall& /*call*/) { return true; }, status);
}

void UnaryCalls::FinishBegunBefore(TimePoint time, const absl::Status& status) {
  FinishThose([time](const UnaryCall& call) { return call.begin() < time; }, status);
}

void UnaryCalls::FinishThose(const std::function<bool(const UnaryCall&)>& is_meant, const absl::Status& status) {
  for (const std::shared_ptr<UnaryCall>& call : Open()) {
    if (is_meant(*call)) call->FinishIfUnclaimed(status);
  }
}

// Every call, also those that nobody asks about: each may be the last reference by now, and must not end under the lock
// that its destructor takes.
std::vector<std::shared_ptr<UnaryCall>> UnaryCalls::Open() {
  std::vector<std::shared_ptr<UnaryCall>> open;
  const std::lock_guard lock(mutex_);
  open.reserve(calls_.size());
  for (const auto& [key, weak] : calls_) {
    if (std::shared_ptr<UnaryCall> call = weak.lock()) open.push_back(std::move(call));
  }
  return open;
}

void UnaryCalls::Forget(UnaryCall* call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(call);
}

}  // namespace holter::rpc
