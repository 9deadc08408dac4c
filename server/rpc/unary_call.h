// One unary call between its arrival and its one answer.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "rpc/error_details.h"
#include "rpc/rpc_timer.h"

namespace holter::rpc {

class UnaryCalls;

// Answers exactly once, whoever comes first: the registry, the end of the server, or, when everybody has let go of it
// without a word, the destructor. Thread-safe. A client that went away changes nothing: gRPC keeps reactor and response
// until Finish.
class UnaryCall {
 public:
  // `calls` outlives the call.
  UnaryCall(grpc::ServerUnaryReactor* reactor, RpcTimer timer, ResourceName resource, UnaryCalls& calls);
  ~UnaryCall();
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

  // True for one caller only, who may then write the response and has to call Finish.
  bool Claim() { return !claimed_.exchange(true); }
  void Finish(const absl::Status& status);

  TimePoint begin() const { return timer_.begin(); }

  // Both at once.
  void FinishIfUnclaimed(const absl::Status& status);

 private:
  grpc::ServerUnaryReactor* const reactor_;
  const RpcTimer timer_;
  const ResourceName resource_;
  UnaryCalls& calls_;
  std::atomic<bool> claimed_{false};
};

// The calls that wait for their answers, so that a stop can answer them. Thread-safe.
class UnaryCalls {
 public:
  std::shared_ptr<UnaryCall> Begin(grpc::ServerUnaryReactor* reactor, RpcTimer timer, ResourceName resource);

  // Answers every call that nobody has answered yet.
  void FinishAll(const absl::Status& status);
  // The same for those that begun before `time`.
  void FinishBegunBefore(TimePoint time, const absl::Status& status);
  // The same for those that `is_meant` picks. It is asked of calls that may be answered and let go of meanwhile.
  void FinishThose(const std::function<bool(const UnaryCall&)>& is_meant, const absl::Status& status);

 private:
  friend class UnaryCall;
  void Forget(UnaryCall* call);
  std::vector<std::shared_ptr<UnaryCall>> Open();

  std::mutex mutex_;
  std::unordered_map<UnaryCall*, std::weak_ptr<UnaryCall>> calls_;
};

}  // namespace holter::rpc
