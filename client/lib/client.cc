#include "client/lib/client.h"

#include <google/protobuf/empty.pb.h>
#include <grpcpp/grpcpp.h>

#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/lib/status.h"
#include "holter/v1/session_service.grpc.pb.h"

namespace holter::client {
namespace {

using Stub = v1::SessionService::StubInterface;

// A page of whole sessions may be larger than gRPC's default of 4 MiB.
constexpr int kMaxReceiveBytes = 64 << 20;
constexpr int kPageSize = 1000;

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // A daemon that restarts is back within a second; gRPC's defaults would look for it up to two minutes later.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // No proxy can reach our own loopback.
  for (const char* loopback : {"127.", "localhost:", "[::1]"}) {
    if (absl::StartsWith(options.server, loopback)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  }
  return grpc::CreateCustomChannel(
      options.server, options.credentials ? options.credentials : grpc::InsecureChannelCredentials(), arguments);
}

// tenants/{tenant}/sessions/{session} to both halves; the server judges them.
std::pair<std::string, std::string> SplitName(const std::string& name) {
  const std::string_view infix = "/sessions/";
  const size_t at = name.find(infix);
  if (at == std::string::npos) return {"", name};
  return {name.substr(0, at), name.substr(at + infix.size())};
}

}  // namespace

struct Client::Impl {
  template <typename Request, typename Response>
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

  Impl(std::shared_ptr<grpc::Channel> the_channel, const ClientOptions& the_options)
      : options(the_options), channel(std::move(the_channel)), stub(v1::SessionService::NewStub(channel)) {}

  template <typename Request, typename Response>
  absl::Status Change(Method<Request, Response> method, const Request& request, Response& response) const {
    return Attempt(method, request, response, std::chrono::system_clock::now() + options.deadline);
  }

  template <typename Request, typename Response>
  absl::Status Read(Method<Request, Response> method, const Request& request, Response& response) const {
    const auto deadline = std::chrono::system_clock::now() + options.deadline;
    RetryBackoff backoff(options.retry);
    while (true) {
      absl::Status status = Attempt(method, request, response, deadline);
      if (!absl::IsUnavailable(status) || backoff.attempt() >= options.retry.max_retries) return status;
      const auto delay = backoff.Next();
      if (std::chrono::system_clock::now() + delay >= deadline) return status;
      std::this_thread::sleep_for(delay);
    }
  }

  template <typename Request, typename Response>
  absl::Status Attempt(Method<Request, Response> method, const Request& request, Response& response,
                       std::chrono::system_clock::time_point deadline) const {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    response.Clear();
    return FromGrpc(((*stub).*method)(&context, request, &response));
  }

  const ClientOptions options;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<Stub> stub;
};

Client::Client(const ClientOptions& options) : Client(MakeChannel(options), options) {}
Client::Client(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options)
    : impl_(std::make_unique<Impl>(std::move(channel), options)) {}
Client::~Client() = default;

absl::StatusOr<v1::Session> Client::Create(const v1::Session& session) {
  v1::CreateSessionRequest request;
  auto [parent, id] = SplitName(session.name());
  request.set_parent(std::move(parent));
  request.set_session_id(std::move(id));
  *request.mutable_session() = session;
  v1::Session response;
  if (absl::Status status = impl_->Change(&Stub::CreateSession, request, response); !status.ok()) return status;
  return response;
}

absl::StatusOr<v1::Session> Client::Get(const std::string& name) {
  v1::GetSessionRequest request;
  request.set_name(name);
  v1::Session response;
  if (absl::Status status = impl_->Read(&Stub::GetSession, request, response); !status.ok()) return status;
  return response;
}

absl::StatusOr<std::vector<v1::Session>> Client::List(const std::string& parent) {
  std::vector<v1::Session> sessions;
  v1::ListSessionsRequest request;
  request.set_parent(parent);
  request.set_page_size(kPageSize);
  do {
    v1::ListSessionsResponse response;
    if (absl::Status status = impl_->Read(&Stub::ListSessions, request, response); !status.ok()) return status;
    for (v1::Session& session : *response.mutable_sessions()) sessions.push_back(std::move(session));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return sessions;
}

absl::StatusOr<v1::Session> Client::Update(const v1::Session& session, const std::vector<std::string>& paths) {
  v1::UpdateSessionRequest request;
  *request.mutable_session() = session;
  for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
  v1::Session response;
  if (absl::Status status = impl_->Change(&Stub::UpdateSession, request, response); !status.ok()) return status;
  return response;
}

absl::Status Client::Delete(const std::string& name) {
  v1::DeleteSessionRequest request;
  request.set_name(name);
  google::protobuf::Empty response;
  return impl_->Change(&Stub::DeleteSession, request, response);
}

std::unique_ptr<Watch> Client::WatchSessions(const std::string& parent, const WatchOptions& options) {
  return std::make_unique<Watch>(impl_->channel, parent, options);
}

}  // namespace holter::client
