// One ApplySessions stream.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/operation_observer.h"
#include "holter/v1/session_service.pb.h"
#include "registry/session_registry.h"
#include "rpc/access_gate.h"
#include "rpc/error_details.h"
#include "rpc/rpc_timer.h"

namespace holter::rpc {

// Reads until the client says that the set is whole, hands it to the registry, and writes the answer in pieces. A
// stream that ends before, for whatever reason, has changed nothing; one whose client goes away after may have.
//
//   READING ──last──▶ APPLYING ──answer──▶ WRITING ──▶ FINISHED      from everywhere: refused, cancelled ──▶ FINISHED
//
// Threads: gRPC's, and that on which the registry answers. Lives until OnDone, and as long as somebody holds the
// pointer.
class ApplyReactor final : public grpc::ServerBidiReactor<v1::ApplySessionsRequest, v1::ApplySessionsResponse>,
                           public std::enable_shared_from_this<ApplyReactor> {
 public:
  static constexpr int kMostInMessage = 1000;
  static constexpr int kMostInSet = 100000;
  static constexpr size_t kMostBytes = size_t{128} << 20;

  // All outlive the reactor.
  ApplyReactor(const grpc::ServerContextBase& context, registry::SessionRegistry& registry, const AccessGate& gate,
               const Clock& clock, OperationObserver& operations);

  // Takes up the work.
  void Start();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Phase { kReading, kApplying, kWriting, kFinished };

  // The first message says for which tenant the caller needs a role.
  absl::Status Begin();
  // Adds what was read to the set.
  absl::Status Take();
  void Apply();
  void OnAnswer(absl::StatusOr<v1::ApplySessionsResponse> answer);
  void WriteNext();
  // The first call counts.
  void FinishWith(const absl::Status& status);

  const grpc::ServerContextBase& context_;
  registry::SessionRegistry& registry_;
  const AccessGate& gate_;
  const Clock& clock_;
  OperationObserver& operations_;
  ResourceName resource_;

  // Of whoever has the phase: one thread at a time.
  v1::ApplySessionsRequest message_;
  v1::ApplySessionsRequest set_;
  size_t bytes_ = 0;
  std::optional<RpcTimer> timer_;  // from the first message on
  v1::ApplySessionsResponse answer_;
  int written_ = 0;  // results of the answer
  v1::ApplySessionsResponse response_;

  std::mutex mutex_;
  Phase phase_ = Phase::kReading;
  absl::StatusCode code_ = absl::StatusCode::kUnknown;  // as told to the client
  std::shared_ptr<ApplyReactor> self_;                  // until OnDone
};

}  // namespace holter::rpc
