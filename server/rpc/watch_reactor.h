// One WatchSessions stream.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "base/operation_observer.h"
#include "holter/v1/session_service.pb.h"
#include "registry/watch_log.h"
#include "rpc/error_details.h"
#include "rpc/rpc_timer.h"
#include "rpc/watch_scheduler.h"

namespace holter::rpc {

// Reads changes and writes them, one response at a time: what a slow client costs is one response, the rest stays in
// the log, which is bounded and shared.
//
// At any moment either one thread has the turn (it reads, writes or ends), or a write is outstanding, or the reader
// will wake us, or all is said and gRPC has to deliver it.
//
// A client that takes no data for the write timeout is cut off: the status (RESOURCE_EXHAUSTED, WATCH_LAGGED) is queued
// behind the outstanding response, so that a client that reads again sees both. One that still does not read for as
// long again has its stream reset and sees CANCELLED.
//
// Threads: gRPC's and the scheduler's. Lives until OnDone, and as long as somebody holds the pointer.
class WatchReactor final : public grpc::ServerWriteReactor<v1::WatchSessionsResponse>,
                           public std::enable_shared_from_this<WatchReactor> {
 public:
  // `operations` outlives the reactor.
  WatchReactor(grpc::CallbackServerContext* context, RpcTimer timer, ResourceName resource,
               std::shared_ptr<WatchScheduler> scheduler, OperationObserver& operations);

  // Takes up the work. `reader` is an error when the registry refused the watch.
  void Start(absl::StatusOr<std::unique_ptr<registry::WatchReader>> reader);

  // Ends the stream: at once when it is idle, else behind the outstanding write. Later calls change nothing.
  void End(const absl::Status& status);
  // From the scheduler: there is something to read.
  void OnWake();
  // From the scheduler, now and then: cuts off a client that does not read.
  void CheckWrite(TimePoint now);
  // From the scheduler, now and then: ends the watch of one who may not see it any more.
  void CheckAccess();
  // From the scheduler, now and then: tells an idle client how far it has come, if it wants to know.
  void CheckBookmark();

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Phase { kTurn, kWriting, kWaiting, kFinished };

  // With the turn: reads and writes, waits, or ends.
  void Pull();
  // With the turn, after an exception.
  void Fail();
  // With the turn: what was read is on its way, or the stream has been ended meanwhile.
  void Write();
  // With the turn: asks to be woken. True when the turn stays here because there is something to read already.
  bool Wait();
  // With the turn, or from Phases kWriting and kWaiting: the one call of Finish.
  void FinishWith(const absl::Status& status);
  // How many changes the next response may carry.
  void AdaptSize();

  const RpcTimer timer_;
  const ResourceName resource_;
  const std::shared_ptr<WatchScheduler> scheduler_;
  OperationObserver& operations_;

  // Only whoever has the turn touches these.
  std::unique_ptr<registry::WatchReader> reader_;
  v1::WatchSessionsResponse response_;
  int most_changes_;

  std::mutex mutex_;
  Phase phase_ = Phase::kTurn;
  bool woken_ = false;               // while somebody had the turn
  std::optional<absl::Status> end_;  // asked for, while somebody had the turn
  TimePoint phase_began_{};
  bool reset_ = false;
  absl::StatusCode code_ = absl::StatusCode::kUnknown;  // as told to the client

  std::mutex context_mutex_;
  grpc::CallbackServerContext* context_;  // null when the call is over
  std::shared_ptr<WatchReactor> self_;    // until OnDone
};

}  // namespace holter::rpc
