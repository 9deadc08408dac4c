// SessionService over the registry: every call is handed on and answered from the registry's callback.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/operation_observer.h"
#include "holter/v1/session_service.grpc.pb.h"
#include "registry/session_registry.h"
#include "rpc/access_gate.h"
#include "rpc/apply_streams.h"
#include "rpc/history_reads.h"
#include "rpc/stream_scheduler.h"
#include "rpc/unary_call.h"

namespace holter::rpc {

// Threads: gRPC's. Stop: EndStreams, then the server's shutdown with FinishCalls at its deadline, then Stop.
class SessionService final : public v1::SessionService::CallbackService {
 public:
  // All outlive the service.
  SessionService(registry::SessionRegistry& registry, OperationObserver& operations, const Clock& clock,
                 const AccessOptions& access, Duration call_timeout, Duration write_timeout);

  grpc::ServerUnaryReactor* CreateSession(grpc::CallbackServerContext* context, const v1::CreateSessionRequest* request,
                                          v1::Session* response) override;
  grpc::ServerUnaryReactor* GetSession(grpc::CallbackServerContext* context, const v1::GetSessionRequest* request,
                                       v1::Session* response) override;
  grpc::ServerUnaryReactor* ListSessions(grpc::CallbackServerContext* context, const v1::ListSessionsRequest* request,
                                         v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSession(grpc::CallbackServerContext* context, const v1::UpdateSessionRequest* request,
                                          v1::Session* response) override;
  grpc::ServerUnaryReactor* DeleteSession(grpc::CallbackServerContext* context, const v1::DeleteSessionRequest* request,
                                          google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* GetFleetSummary(grpc::CallbackServerContext* context,
                                            const v1::GetFleetSummaryRequest* request,
                                            v1::FleetSummary* response) override;
  grpc::ServerUnaryReactor* BatchGetSessions(grpc::CallbackServerContext* context,
                                             const v1::BatchGetSessionsRequest* request,
                                             v1::BatchGetSessionsResponse* response) override;
  grpc::ServerUnaryReactor* BatchCreateSessions(grpc::CallbackServerContext* context,
                                                const v1::BatchCreateSessionsRequest* request,
                                                v1::BatchCreateSessionsResponse* response) override;
  grpc::ServerUnaryReactor* BatchDeleteSessions(grpc::CallbackServerContext* context,
                                                const v1::BatchDeleteSessionsRequest* request,
                                                google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* PauseSession(grpc::CallbackServerContext* context, const v1::PauseSessionRequest* request,
                                         v1::Session* response) override;
  grpc::ServerUnaryReactor* ResumeSession(grpc::CallbackServerContext* context, const v1::ResumeSessionRequest* request,
                                          v1::Session* response) override;
  grpc::ServerUnaryReactor* ReconnectSession(grpc::CallbackServerContext* context,
                                             const v1::ReconnectSessionRequest* request,
                                             v1::Session* response) override;
  grpc::ServerUnaryReactor* ReconnectSessions(grpc::CallbackServerContext* context,
                                              const v1::ReconnectSessionsRequest* request,
                                              v1::ReconnectSessionsResponse* response) override;
  grpc::ServerUnaryReactor* ListSessionEvents(grpc::CallbackServerContext* context,
                                              const v1::ListSessionEventsRequest* request,
                                              v1::ListSessionEventsResponse* response) override;
  grpc::ServerUnaryReactor* RenewLease(grpc::CallbackServerContext* context, const v1::RenewLeaseRequest* request,
                                       v1::Lease* response) override;
  grpc::ServerBidiReactor<v1::ApplySessionsRequest, v1::ApplySessionsResponse>* ApplySessions(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::WatchSessionsResponse>* WatchSessions(grpc::CallbackServerContext* context,
                                                                     const v1::WatchSessionsRequest* request) override;
  grpc::ServerWriteReactor<v1::ProbeSessionResponse>* ProbeSession(grpc::CallbackServerContext* context,
                                                                   const v1::ProbeSessionRequest* request) override;
  grpc::ServerWriteReactor<v1::TapSessionResponse>* TapSession(grpc::CallbackServerContext* context,
                                                               const v1::TapSessionRequest* request) override;

  // Ends every stream of answers, and every set that is not whole, and refuses new ones.
  void EndStreams();
  // Answers what the registry has not answered.
  void FinishCalls();
  // Waits for the last stream, at most `deadline`, and ends the scheduler's thread. Call once, after the server's
  // shutdown.
  void Stop(Duration deadline);

 private:
  // From the scheduler's thread, now and then.
  void EndOverdue(TimePoint now);

  // ServeUnary for the session called `name`.
  template <typename Body>
  grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context, std::string_view method,
                                  const google::protobuf::Message& request, const std::string& name, const Body& body);

  // The same for a stream, whose reader `open` gives; `lagged` is the reason told to a client that does not read.
  template <typename Response, typename Request, typename Open>
  grpc::ServerWriteReactor<Response>* ServeStream(grpc::CallbackServerContext* context, std::string_view method,
                                                  const Request& request, std::string name, std::string_view lagged,
                                                  const Open& open);

  registry::SessionRegistry& registry_;
  OperationObserver& operations_;
  const Clock& clock_;
  const AccessGate gate_;
  const Duration call_timeout_;
  UnaryCalls calls_;
  ApplyStreams sets_;
  HistoryReads history_reads_;
  const std::shared_ptr<StreamScheduler> scheduler_;
};

}  // namespace holter::rpc
