// A control plane made of answers that a test scripts, served on loopback by gRPC itself.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "holter/v1/session_service.grpc.pb.h"

namespace holter::client {

// A gRPC status with details, as the server makes it.
inline grpc::Status DetailedStatus(grpc::StatusCode code, const std::string& message, const std::string& reason,
                                   const std::vector<std::pair<std::string, std::string>>& fields = {}) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("holter.v1");
  (*info.mutable_metadata())["limit"] = "7";
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  status.add_details()->PackFrom(info);
  if (!fields.empty()) {
    google::rpc::BadRequest bad;
    for (const auto& [field, description] : fields) {
      auto* const violation = bad.add_field_violations();
      violation->set_field(field);
      violation->set_description(description);
    }
    status.add_details()->PackFrom(bad);
  }
  return {code, message, status.SerializeAsString()};
}

// Every call takes the next script of its method; without one it is UNIMPLEMENTED.
class FakeService final : public v1::SessionService::Service {
 public:
  using Writer = grpc::ServerWriter<v1::WatchSessionsResponse>;
  using GetScript = std::function<grpc::Status(const v1::GetSessionRequest&, v1::Session*)>;
  using CreateScript = std::function<grpc::Status(const v1::CreateSessionRequest&, v1::Session*)>;
  using UpdateScript = std::function<grpc::Status(const v1::UpdateSessionRequest&, v1::Session*)>;
  using DeleteScript = std::function<grpc::Status(const v1::DeleteSessionRequest&)>;
  using ListScript = std::function<grpc::Status(const v1::ListSessionsRequest&, v1::ListSessionsResponse*)>;
  using BatchCreateScript =
      std::function<grpc::Status(const v1::BatchCreateSessionsRequest&, v1::BatchCreateSessionsResponse*)>;
  using BatchGetScript = std::function<grpc::Status(const v1::BatchGetSessionsRequest&, v1::BatchGetSessionsResponse*)>;
  using BatchDeleteScript = std::function<grpc::Status(const v1::BatchDeleteSessionsRequest&)>;
  using PauseScript = std::function<grpc::Status(const v1::PauseSessionRequest&, v1::Session*)>;
  using ResumeScript = std::function<grpc::Status(const v1::ResumeSessionRequest&, v1::Session*)>;
  using ReconnectScript = std::function<grpc::Status(const v1::ReconnectSessionRequest&, v1::Session*)>;
  using ReconnectAllScript =
      std::function<grpc::Status(const v1::ReconnectSessionsRequest&, v1::ReconnectSessionsResponse*)>;
  using SummaryScript = std::function<grpc::Status(const v1::GetFleetSummaryRequest&, v1::FleetSummary*)>;
  using ApplyStream = grpc::ServerReaderWriter<v1::ApplySessionsResponse, v1::ApplySessionsRequest>;
  using ApplyScript = std::function<grpc::Status(ApplyStream*)>;
  using RenewScript = std::function<grpc::Status(const v1::RenewLeaseRequest&, v1::Lease*)>;
  using EventsScript = std::function<grpc::Status(const v1::ListSessionEventsRequest&, v1::ListSessionEventsResponse*)>;
  template <typename Request, typename Response>
  using StreamScript = std::function<grpc::Status(const Request&, grpc::ServerContext*, grpc::ServerWriter<Response>*)>;
  using ProbeScript = StreamScript<v1::ProbeSessionRequest, v1::ProbeSessionResponse>;
  using TapScript = StreamScript<v1::TapSessionRequest, v1::TapSessionResponse>;
  using WatchScript = std::function<grpc::Status(const v1::WatchSessionsRequest&, grpc::ServerContext*, Writer*)>;

  // `copies` of a script are taken one after the other.
  template <typename Script>
  class Scripts {
   public:
    void Add(Script script, int copies = 1) {
      absl::MutexLock lock(&mutex_);
      for (int i = 0; i < copies; ++i) scripts_.push_back(script);
    }
    template <typename... Arguments>
    grpc::Status Run(Arguments... arguments) {
      Script script;
      {
        absl::MutexLock lock(&mutex_);
        ++calls_;
        if (scripts_.empty()) return {grpc::StatusCode::UNIMPLEMENTED, "no script"};
        script = std::move(scripts_.front());
        scripts_.pop_front();
      }
      return script(arguments...);
    }
    int calls() const {
      absl::MutexLock lock(&mutex_);
      return calls_;
    }

   private:
    mutable absl::Mutex mutex_;
    std::deque<Script> scripts_ ABSL_GUARDED_BY(mutex_);
    int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  };

  Scripts<GetScript> get;
  Scripts<CreateScript> create;
  Scripts<UpdateScript> update;
  Scripts<DeleteScript> remove;
  Scripts<ListScript> list;
  Scripts<BatchCreateScript> batch_create;
  Scripts<BatchGetScript> batch_get;
  Scripts<BatchDeleteScript> batch_remove;
  Scripts<PauseScript> pause;
  Scripts<ResumeScript> resume;
  Scripts<ReconnectScript> reconnect;
  Scripts<ReconnectAllScript> reconnect_all;
  Scripts<SummaryScript> summary;
  Scripts<ApplyScript> apply;
  Scripts<RenewScript> renew;
  Scripts<EventsScript> events;
  Scripts<ProbeScript> probe;
  Scripts<TapScript> tap;
  Scripts<WatchScript> watch;

  // What the last unary call carried as "authorization"; empty: nothing.
  std::string authorization() const {
    absl::MutexLock lock(&mutex_);
    return authorization_;
  }

 private:
  void Note(const grpc::ServerContext& context) {
    const auto found = context.client_metadata().find("authorization");
    absl::MutexLock lock(&mutex_);
    authorization_ =
        found == context.client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
  }
  grpc::Status BatchCreateSessions(grpc::ServerContext*, const v1::BatchCreateSessionsRequest* request,
                                   v1::BatchCreateSessionsResponse* response) override {
    return batch_create.Run(std::cref(*request), response);
  }
  grpc::Status BatchGetSessions(grpc::ServerContext*, const v1::BatchGetSessionsRequest* request,
                                v1::BatchGetSessionsResponse* response) override {
    return batch_get.Run(std::cref(*request), response);
  }
  grpc::Status BatchDeleteSessions(grpc::ServerContext*, const v1::BatchDeleteSessionsRequest* request,
                                   google::protobuf::Empty*) override {
    return batch_remove.Run(std::cref(*request));
  }
  grpc::Status PauseSession(grpc::ServerContext*, const v1::PauseSessionRequest* request,
                            v1::Session* response) override {
    return pause.Run(std::cref(*request), response);
  }
  grpc::Status ResumeSession(grpc::ServerContext*, const v1::ResumeSessionRequest* request,
                             v1::Session* response) override {
    return resume.Run(std::cref(*request), response);
  }
  grpc::Status ReconnectSession(grpc::ServerContext*, const v1::ReconnectSessionRequest* request,
                                v1::Session* response) override {
    return reconnect.Run(std::cref(*request), response);
  }
  grpc::Status ReconnectSessions(grpc::ServerContext*, const v1::ReconnectSessionsRequest* request,
                                 v1::ReconnectSessionsResponse* response) override {
    return reconnect_all.Run(std::cref(*request), response);
  }
  grpc::Status GetFleetSummary(grpc::ServerContext*, const v1::GetFleetSummaryRequest* request,
                               v1::FleetSummary* response) override {
    return summary.Run(std::cref(*request), response);
  }
  grpc::Status GetSession(grpc::ServerContext* context, const v1::GetSessionRequest* request,
                          v1::Session* response) override {
    Note(*context);
    return get.Run(std::cref(*request), response);
  }
  grpc::Status CreateSession(grpc::ServerContext*, const v1::CreateSessionRequest* request,
                             v1::Session* response) override {
    return create.Run(std::cref(*request), response);
  }
  grpc::Status UpdateSession(grpc::ServerContext*, const v1::UpdateSessionRequest* request,
                             v1::Session* response) override {
    return update.Run(std::cref(*request), response);
  }
  grpc::Status DeleteSession(grpc::ServerContext*, const v1::DeleteSessionRequest* request,
                             google::protobuf::Empty*) override {
    return remove.Run(std::cref(*request));
  }
  grpc::Status ListSessions(grpc::ServerContext*, const v1::ListSessionsRequest* request,
                            v1::ListSessionsResponse* response) override {
    return list.Run(std::cref(*request), response);
  }
  grpc::Status ApplySessions(grpc::ServerContext*, ApplyStream* stream) override { return apply.Run(stream); }
  grpc::Status RenewLease(grpc::ServerContext*, const v1::RenewLeaseRequest* request, v1::Lease* response) override {
    return renew.Run(std::cref(*request), response);
  }
  grpc::Status ListSessionEvents(grpc::ServerContext*, const v1::ListSessionEventsRequest* request,
                                 v1::ListSessionEventsResponse* response) override {
    return events.Run(std::cref(*request), response);
  }
  grpc::Status ProbeSession(grpc::ServerContext* context, const v1::ProbeSessionRequest* request,
                            grpc::ServerWriter<v1::ProbeSessionResponse>* writer) override {
    return probe.Run(std::cref(*request), context, writer);
  }
  grpc::Status TapSession(grpc::ServerContext* context, const v1::TapSessionRequest* request,
                          grpc::ServerWriter<v1::TapSessionResponse>* writer) override {
    return tap.Run(std::cref(*request), context, writer);
  }
  grpc::Status WatchSessions(grpc::ServerContext* context, const v1::WatchSessionsRequest* request,
                             Writer* writer) override {
    return watch.Run(std::cref(*request), context, writer);
  }

  mutable absl::Mutex mutex_;
  std::string authorization_ ABSL_GUARDED_BY(mutex_);
};

// A server of the fake on a port that the system chose.
class FakeServer {
 public:
  FakeServer() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
    address = "127.0.0.1:" + std::to_string(port);
  }
  // Cancels what still runs.
  ~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  FakeService service;
  std::string address;

 private:
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace holter::client
