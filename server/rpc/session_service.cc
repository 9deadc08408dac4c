#include "rpc/session_service.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "rpc/apply_reactor.h"
#include "rpc/serve_unary.h"
#include "rpc/stream_reactor.h"
#include "rpc/watch_source.h"

namespace holter::rpc {
namespace {

constexpr const char* kSessionType = "holter.v1.Session";

}  // namespace

SessionService::SessionService(registry::SessionRegistry& registry, OperationObserver& operations, const Clock& clock,
                               const AccessOptions& access, Duration call_timeout, Duration write_timeout)
    : registry_(registry),
      operations_(operations),
      clock_(clock),
      gate_(access),
      call_timeout_(call_timeout),
      scheduler_(std::make_shared<StreamScheduler>(clock, write_timeout, [this](TimePoint now) { EndOverdue(now); })) {}

template <typename Body>
grpc::ServerUnaryReactor* SessionService::Serve(grpc::CallbackServerContext* context, std::string_view method,
                                                const google::protobuf::Message& request, const std::string& name,
                                                const Body& body) {
  return ServeUnary({gate_, clock_, operations_, calls_}, context, method, request,
                    {.type = kSessionType, .name = name}, body);
}

grpc::ServerUnaryReactor* SessionService::CreateSession(grpc::CallbackServerContext* context,
                                                        const v1::CreateSessionRequest* request,
                                                        v1::Session* response) {
  return Serve(context, "CreateSession", *request,
               fmt::format("{}/sessions/{}", request->parent(), request->session_id()),
               [&](const std::shared_ptr<UnaryCall>& call) { registry_.Create(*request, ReplyTo(call, response)); });
}

grpc::ServerUnaryReactor* SessionService::GetSession(grpc::CallbackServerContext* context,
                                                     const v1::GetSessionRequest* request, v1::Session* response) {
  return Serve(context, "GetSession", *request, request->name(),
               [&](const std::shared_ptr<UnaryCall>& call) { ReplyTo(call, response)(registry_.Get(*request)); });
}

grpc::ServerUnaryReactor* SessionService::ListSessions(grpc::CallbackServerContext* context,
                                                       const v1::ListSessionsRequest* request,
                                                       v1::ListSessionsResponse* response) {
  return Serve(context, "ListSessions", *request, request->parent(),
               [&](const std::shared_ptr<UnaryCall>& call) { ReplyTo(call, response)(registry_.List(*request)); });
}

grpc::ServerUnaryReactor* SessionService::UpdateSession(grpc::CallbackServerContext* context,
                                                        const v1::UpdateSessionRequest* request,
                                                        v1::Session* response) {
  return Serve(context, "UpdateSession", *request, request->session().name(),
               [&](const std::shared_ptr<UnaryCall>& call) { registry_.Update(*request, ReplyTo(call, response)); });
}

grpc::ServerUnaryReactor* SessionService::DeleteSession(grpc::CallbackServerContext* context,
                                                        const v1::DeleteSessionRequest* request,
                                                        google::protobuf::Empty* /*response*/) {
  return Serve(context, "DeleteSession", *request, request->name(),
               [&](const std::shared_ptr<UnaryCall>& call) { registry_.Delete(*request, ReplyTo(call)); });
}

grpc::ServerUnaryReactor* SessionService::GetFleetSummary(grpc::CallbackServerContext* context,
                                                          const v1::GetFleetSummaryRequest* request,
                                                          v1::FleetSummary* response) {
  return Serve(context, "GetFleetSummary", *request, request->parent(),
               [&](const std::shared_ptr<UnaryCall>& call) { ReplyTo(call, response)(registry_.Summarize(*request)); });
}

grpc::ServerUnaryReactor* SessionService::BatchGetSessions(grpc::CallbackServerContext* context,
                                                           const v1::BatchGetSessionsRequest* request,
                                                           v1::BatchGetSessionsResponse* response) {
  return Serve(context, "BatchGetSessions", *request, request->parent(),
               [&](const std::shared_ptr<UnaryCall>& call) { ReplyTo(call, response)(registry_.BatchGet(*request)); });
}

grpc::ServerUnaryReactor* SessionService::BatchCreateSessions(grpc::CallbackServerContext* context,
                                                              const v1::BatchCreateSessionsRequest* request,
                                                              v1::BatchCreateSessionsResponse* response) {
  return Serve(
      context, "BatchCreateSessions", *request, request->parent(),
      [&](const std::shared_ptr<UnaryCall>& call) { registry_.BatchCreate(*request, ReplyTo(call, response)); });
}

grpc::ServerUnaryReactor* SessionService::BatchDeleteSessions(grpc::CallbackServerContext* context,
                                                              const v1::BatchDeleteSessionsRequest* request,
                                                              google::protobuf::Empty* /*response*/) {
  return Serve(context, "BatchDeleteSessions", *request, request->parent(),
               [&](const std::shared_ptr<UnaryCall>& call) { registry_.BatchDelete(*request, ReplyTo(call)); });
}

grpc::ServerUnaryReactor* SessionService::PauseSession(grpc::CallbackServerContext* context,
                                                       const v1::PauseSessionRequest* request, v1::Session* response) {
  return Serve(context, "PauseSession", *request, request->name(),
               [&](const std::shared_ptr<UnaryCall>& call) { registry_.Pause(*request, ReplyTo(call, response)); });
}

grpc::ServerUnaryReactor* SessionService::ResumeSession(grpc::CallbackServerContext* context,
                                                        const v1::ResumeSessionRequest* request,
                                                        v1::Session* response) {
  return Serve(context, "ResumeSession", *request, request->name(),
               [&](const std::shared_ptr<UnaryCall>& call) { registry_.Resume(*request, ReplyTo(call, response)); });
}

grpc::ServerUnaryReactor* SessionService::ReconnectSession(grpc::CallbackServerContext* context,
                                                           const v1::ReconnectSessionRequest* request,
                                                           v1::Session* response) {
  return Serve(context, "ReconnectSession", *request, request->name(),
               [&](const std::shared_ptr<UnaryCall>& call) { registry_.Reconnect(*request, ReplyTo(call, response)); });
}

grpc::ServerUnaryReactor* SessionService::ReconnectSessions(grpc::CallbackServerContext* context,
                                                            const v1::ReconnectSessionsRequest* request,
                                                            v1::ReconnectSessionsResponse* response) {
  return Serve(context, "ReconnectSessions", *request, request->parent(), [&](const std::shared_ptr<UnaryCall>& call) {
    ReplyTo(call, response)(registry_.ReconnectMany(*request));
  });
}

grpc::ServerUnaryReactor* SessionService::ListSessionEvents(grpc::CallbackServerContext* context,
                                                            const v1::ListSessionEventsRequest* request,
                                                            v1::ListSessionEventsResponse* response) {
  return Serve(context, "ListSessionEvents", *request, request->parent(), [&](const std::shared_ptr<UnaryCall>& call) {
    // The call may be over, and the request gone, when its turn comes.
    history_reads_.Run([this, reply = ReplyTo(call, response), request = *request](const absl::Status& may_read) {
      if (!may_read.ok()) return reply(may_read);
      try {
        reply(registry_.ListEvents(request));
      } catch (const std::exception& exception) {
        Log(LogLevel::kError, "A call failed", {{"method", "ListSessionEvents"}, {"exception", exception.what()}});
        operations_.OnException("rpc");
        reply(CallFailed());
      }
    });
  });
}

grpc::ServerUnaryReactor* SessionService::RenewLease(grpc::CallbackServerContext* context,
                                                     const v1::RenewLeaseRequest* request, v1::Lease* response) {
  return Serve(context, "RenewLease", *request, request->parent(), [&](const std::shared_ptr<UnaryCall>& call) {
    registry_.RenewLease(*request, ReplyTo(call, response));
  });
}

grpc::ServerBidiReactor<v1::ApplySessionsRequest, v1::ApplySessionsResponse>* SessionService::ApplySessions(
    grpc::CallbackServerContext* context) {
  const auto call = std::make_shared<ApplyReactor>(context, registry_, gate_, clock_, operations_, sets_);
  call->Start();
  return call.get();
}

template <typename Response, typename Request, typename Open>
grpc::ServerWriteReactor<Response>* SessionService::ServeStream(grpc::CallbackServerContext* context,
                                                                std::string_view method, const Request& request,
                                                                std::string name, std::string_view lagged,
                                                                const Open& open) {
  const std::shared_ptr<const Admission> admission = gate_.Admit(*context, method, request);
  const auto stream = std::make_shared<StreamReactor<Response>>(
      context, RpcTimer(method, clock_, operations_, admission),
      ResourceName{.type = kSessionType, .name = std::move(name)}, lagged, scheduler_, operations_);
  absl::StatusOr<std::unique_ptr<registry::StreamReader<Response>>> reader = CallFailed();
  try {
    if (admission->status().ok()) {
      reader = open();
    } else {
      reader = admission->status();
    }
  } catch (const std::exception& exception) {
    Log(LogLevel::kError, "A stream failed", {{"method", method}, {"exception", exception.what()}});
    operations_.OnException("rpc");
  }
  stream->Start(std::move(reader));
  return stream.get();
}

grpc::ServerWriteReactor<v1::WatchSessionsResponse>* SessionService::WatchSessions(
    grpc::CallbackServerContext* context, const v1::WatchSessionsRequest* request) {
  using Reader = std::unique_ptr<registry::StreamReader<v1::WatchSessionsResponse>>;
  return ServeStream<v1::WatchSessionsResponse>(
      context, "WatchSessions", *request, request->parent(), "WATCH_LAGGED", [&]() -> absl::StatusOr<Reader> {
        absl::StatusOr<std::unique_ptr<registry::WatchReader>> reader = registry_.Watch(*request);
        if (!reader.ok()) return reader.status();
        return std::make_unique<WatchSource>(*std::move(reader));
      });
}

grpc::ServerWriteReactor<v1::ProbeSessionResponse>* SessionService::ProbeSession(
    grpc::CallbackServerContext* context, const v1::ProbeSessionRequest* request) {
  return ServeStream<v1::ProbeSessionResponse>(context, "ProbeSession", *request, request->parent(), "STREAM_LAGGED",
                                               [&] { return registry_.Probe(*request); });
}

grpc::ServerWriteReactor<v1::TapSessionResponse>* SessionService::TapSession(grpc::CallbackServerContext* context,
                                                                             const v1::TapSessionRequest* request) {
  return ServeStream<v1::TapSessionResponse>(context, "TapSession", *request, request->name(), "STREAM_LAGGED",
                                             [&] { return registry_.Tap(*request); });
}

void SessionService::EndOverdue(TimePoint now) {
  calls_.FinishBegunBefore(now - call_timeout_,
                           MakeError(absl::StatusCode::kDeadlineExceeded, "CALL_TIMEOUT",
                                     "the call took too long; whether it was carried out is not known"));
  sets_.EndIdleSince(now - call_timeout_);
}

void SessionService::EndStreams() {
  scheduler_->EndAll(ShuttingDown());
  sets_.Close(ShuttingDown());
}

void SessionService::FinishCalls() {
  calls_.FinishAll(ShuttingDown());
  sets_.EndAll(ShuttingDown());
}

void SessionService::Stop(Duration deadline) {
  scheduler_->WaitUntilEmpty(deadline);
  scheduler_->Stop();
}

}  // namespace holter::rpc
