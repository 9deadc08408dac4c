// One stream of answers: WatchSessions, ProbeSession, TapSession.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>
#include <string_view>

#include "absl/status/status.h"
#include "base/operation_observer.h"
#include "registry/stream_reader.h"
#include "rpc/error_details.h"
#include "rpc/rpc_timer.h"
#include "rpc/served_stream.h"
#include "rpc/stream_scheduler.h"
#include "rpc/stream_turn.h"

namespace holter::rpc {

// Reads and writes, one response at a time: what a slow client costs is one response, the rest stays with the reader,
// which is bounded.
//
// At any moment either one thread has the turn (it reads, writes or ends), or a write is outstanding, or the reader
// will wake us, or all is said and gRPC has to deliver it: StreamTurn has the rules.
//
// A client that takes no data for the write timeout is cut off: the status (RESOURCE_EXHAUSTED) is queued behind the
// outstanding response, so that a client that reads again sees both. One that still does not read for as
// long again has its stream reset and sees CANCELLED.
//
// Threads: gRPC's and the scheduler's. Lives until OnDone, and as long as somebody holds the pointer.
template <class Response>
class StreamReactor final : public grpc::ServerWriteReactor<Response>,
                            public ServedStream,
                            public std::enable_shared_from_this<StreamReactor<Response>> {
 public:
  using Reader = registry::StreamReader<Response>;

  // `lagged` is the reason that a client is told which does not read. `operations` outlives the reactor.
  StreamReactor(grpc::CallbackServerContext* context, RpcTimer timer, ResourceName resource, std::string_view lagged,
                std::shared_ptr<StreamScheduler> scheduler, OperationObserver& operations);

  // Takes up the work. `reader` is an error when the call was refused.
  void Start(absl::StatusOr<std::unique_ptr<Reader>> reader);

  void End(const absl::Status& status) override;
  void OnWake() override;
  void Check(TimePoint now) override;

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void CheckWrite(TimePoint now);
  void CheckDue(TimePoint now);
  // With the turn: reads and writes, waits, or ends.
  void Pull();
  // With the turn, after an exception.
  void Fail();
  // With the turn: what was read is on its way, or the stream has been ended meanwhile.
  void Write();
  // With the turn: asks to be woken. True when the turn stays here because there is something to read already.
  bool Wait();
  // The same, and ends the stream on an exception.
  bool WaitGuarded();
  // With the turn.
  void FinishWith(const absl::Status& status);

  const RpcTimer timer_;
  const ResourceName resource_;
  const std::string_view lagged_;
  const std::shared_ptr<StreamScheduler> scheduler_;
  OperationObserver& operations_;

  // Only whoever has the turn touches these.
  std::unique_ptr<Reader> reader_;
  Response response_;

  std::mutex mutex_;
  StreamTurn turn_;

  std::mutex context_mutex_;
  grpc::CallbackServerContext* context_;  // null when the call is over
  std::shared_ptr<StreamReactor> self_;   // until OnDone
};

}  // namespace holter::rpc
