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
#include "rpc/apply_streams.h"
#include "rpc/error_details.h"
#include "rpc/rpc_timer.h"

namespace holter::rpc {

// Reads until the client says that the set is whole, hands it to the registry, and writes the answer in pieces. A
// stream that ends before, for whatever reason, has changed nothing; one whose client goes away after may have.
//
//   READING ──last──▶ APPLYING ──answer──▶ WRITING ──▶ FINISHED      from everywhere: refused, cancelled ──▶ FINISHED
//
// A stream that does not go on is ended; one whose client then does not take the end is reset.
//
// Threads: gRPC's, and that on which the registry answers. Lives until OnDone, and as long as somebody holds the
// pointer.
class ApplyReactor final : public grpc::ServerBidiReactor<v1::ApplySessionsRequest, v1::ApplySessionsResponse>,
                           public std::enable_shared_from_this<ApplyReactor> {
 public:
  static constexpr int kMostInMessage = 1000;
  static constexpr int kMostInSet = 100000;
  static constexpr size_t kMostBytes = size_t{128} << 20;

  // All outlive the reactor, `context` until OnDone.
  ApplyReactor(grpc::CallbackServerContext* context, registry::SessionRegistry& registry, const AccessGate& gate,
               const Clock& clock, OperationObserver& operations, ApplyStreams& streams);

  // Takes up the work.
  void Start();

  // From any thread: end the stream; only if the set is not whole; only if nothing was read or written since `time`.
  void End(const absl::Status& status) { FinishWith(status); }
  void EndReading(const absl::Status& status) { FinishFrom(Phase::kReading, status); }
  void EndIfIdleSince(TimePoint time);

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
  void NameChanged() const;
  void WriteNext();
  // The first call counts.
  void FinishWith(const absl::Status& status) { FinishFrom(std::nullopt, status); }
  // The same, if the stream is in `phase`, when there is one.
  void FinishFrom(std::optional<Phase> phase, const absl::Status& status);
  void Progressed();

  registry::SessionRegistry& registry_;
  const AccessGate& gate_;
  const Clock& clock_;
  OperationObserver& operations_;
  ApplyStreams& streams_;
  ResourceName resource_;

  // Of whoever has the phase: one thread at a time.
  v1::ApplySessionsRequest message_;
  v1::ApplySessionsRequest set_;
  bool is_dry_run_ = false;  // the set was, when it went to the registry
  size_t bytes_ = 0;
  std::optional<RpcTimer> timer_;  // from the first message on
  v1::ApplySessionsResponse answer_;
  int written_ = 0;  // results of the answer
  v1::ApplySessionsResponse response_;

  std::mutex mutex_;
  Phase phase_ = Phase::kReading;
  absl::StatusCode code_ = absl::StatusCode::kUnknown;  // as told to the client
  TimePoint progressed_;                                // when something was read or written last
  bool reset_ = false;
  std::shared_ptr<ApplyReactor> self_;  // until OnDone

  std::mutex context_mutex_;              // not the other one: cancelling may call OnCancel
  grpc::CallbackServerContext* context_;  // null from OnDone on
};

}  // namespace holter::rpc
