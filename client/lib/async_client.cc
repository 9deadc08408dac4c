#include "holter/async_client.h"

#include <google/protobuf/empty.pb.h>

#include <iterator>
#include <limits>
#include <utility>

#include "client/lib/call_set.h"
#include "client/lib/connection.h"
#include "client/lib/requests.h"
#include "client/lib/unary_call.h"

namespace holter::client {
namespace {

using AsyncStub = v1::SessionService::StubInterface::async_interface;
using Sessions = std::vector<v1::Session>;

// Empty says no more than OK.
Callback<google::protobuf::Empty> IgnoringEmpty(const DoneCallback& done) {
  return [done](const absl::StatusOr<google::protobuf::Empty>& answer) { done(answer.status()); };
}

template <typename Response>
void MoveSessions(Response& response, Sessions& to) {
  auto& sessions = *response.mutable_sessions();
  to.insert(to.end(), std::make_move_iterator(sessions.begin()), std::make_move_iterator(sessions.end()));
}

// The sessions of an answer that holds nothing else.
template <typename Response>
Callback<Response> TakingSessions(const Callback<Sessions>& done) {
  return [done](absl::StatusOr<Response> answer) {
    if (!answer.ok()) return done(answer.status());
    Sessions sessions;
    MoveSessions(*answer, sessions);
    done(std::move(sessions));
  };
}

}  // namespace

struct AsyncClient::Impl {
  template <typename Request, typename Response>
  using Method = typename UnaryCall<Request, Response>::Method;

  Impl(std::shared_ptr<const Connection> the_connection, const ClientOptions& the_options)
      : options(the_options), connection(std::move(the_connection)) {}

  // A read, or a change that carries a request_id.
  template <typename Request, typename Response>
  void Repeatable(Method<Request, Response> method, Request request, Callback<Response> done) {
    Start(method, std::move(request), options.retry, std::move(done));
  }

  template <typename Request, typename Response>
  void Start(Method<Request, Response> method, Request request, const RetryOptions& retry, Callback<Response> done) {
    const auto deadline = std::chrono::system_clock::now() +
                          std::chrono::duration_cast<std::chrono::system_clock::duration>(options.deadline);
    std::make_shared<UnaryCall<Request, Response>>(*connection, calls, method, std::move(request), deadline, retry,
                                                   std::move(done))
        ->Start();
  }

  void ListPage(v1::ListSessionsRequest request, size_t most, std::shared_ptr<Sessions> so_far,
                Callback<Sessions> done);

  const ClientOptions options;
  const std::shared_ptr<const Connection> connection;
  CallSet calls;
};

// One page after the other; the next begins before the callback of the last has returned, so that Close sees it.
void AsyncClient::Impl::ListPage(v1::ListSessionsRequest request, size_t most, std::shared_ptr<Sessions> so_far,
                                 Callback<Sessions> done) {
  Repeatable<v1::ListSessionsRequest, v1::ListSessionsResponse>(
      &AsyncStub::ListSessions, request,
      [this, request, most, so_far, done = std::move(done)](absl::StatusOr<v1::ListSessionsResponse> page) mutable {
        if (!page.ok()) return done(page.status());
        MoveSessions(*page, *so_far);
        if (so_far->size() > most) so_far->resize(most);
        if (page->next_page_token().empty() || so_far->size() == most) return done(std::move(*so_far));
        request.set_page_token(page->next_page_token());
        ListPage(std::move(request), most, std::move(so_far), std::move(done));
      });
}

AsyncClient::AsyncClient(const ClientOptions& options)
    : impl_(std::make_unique<Impl>(std::make_shared<Connection>(options), options)) {}
AsyncClient::AsyncClient(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options)
    : impl_(std::make_unique<Impl>(std::make_shared<Connection>(std::move(channel), options), options)) {}
AsyncClient::~AsyncClient() { impl_->calls.Close(); }

void AsyncClient::Create(const v1::Session& session, const ChangeOptions& options, const Callback<v1::Session>& done) {
  impl_->Repeatable(&AsyncStub::CreateSession, CreateRequest(session, options), done);
}

void AsyncClient::Get(const std::string& name, const Callback<v1::Session>& done) {
  v1::GetSessionRequest request;
  request.set_name(name);
  impl_->Repeatable(&AsyncStub::GetSession, std::move(request), done);
}

void AsyncClient::List(const std::string& parent, const ListOptions& options, const Callback<Sessions>& done) {
  const size_t most = options.limit > 0 ? static_cast<size_t>(options.limit) : std::numeric_limits<size_t>::max();
  impl_->ListPage(FirstPageRequest(parent, options), most, std::make_shared<Sessions>(), done);
}

void AsyncClient::Update(const v1::Session& session, const std::vector<std::string>& paths,
                         const ChangeOptions& options, const Callback<v1::Session>& done) {
  impl_->Repeatable(&AsyncStub::UpdateSession, UpdateRequest(session, paths, options), done);
}

void AsyncClient::Delete(const std::string& name, const ChangeOptions& options, const DoneCallback& done) {
  impl_->Repeatable(&AsyncStub::DeleteSession, DeleteRequest(name, options), IgnoringEmpty(done));
}

void AsyncClient::BatchCreate(const std::string& parent, const Sessions& sessions, const ChangeOptions& options,
                              const Callback<Sessions>& done) {
  impl_->Repeatable(&AsyncStub::BatchCreateSessions, BatchCreateRequest(parent, sessions, options),
                    TakingSessions<v1::BatchCreateSessionsResponse>(done));
}

void AsyncClient::BatchGet(const std::string& parent, const std::vector<std::string>& names,
                           const Callback<Sessions>& done) {
  v1::BatchGetSessionsRequest request;
  request.set_parent(parent);
  for (const std::string& name : names) request.add_names(name);
  impl_->Repeatable(&AsyncStub::BatchGetSessions, std::move(request),
                    TakingSessions<v1::BatchGetSessionsResponse>(done));
}

void AsyncClient::BatchDelete(const std::string& parent, const std::vector<std::string>& names,
                              const ChangeOptions& options, const DoneCallback& done) {
  impl_->Repeatable(&AsyncStub::BatchDeleteSessions, BatchDeleteRequest(parent, names, options), IgnoringEmpty(done));
}

void AsyncClient::Pause(const std::string& name, const ChangeOptions& options, const Callback<v1::Session>& done) {
  impl_->Repeatable(&AsyncStub::PauseSession, CommandRequest<v1::PauseSessionRequest>(name, options), done);
}

void AsyncClient::Resume(const std::string& name, const ChangeOptions& options, const Callback<v1::Session>& done) {
  impl_->Repeatable(&AsyncStub::ResumeSession, CommandRequest<v1::ResumeSessionRequest>(name, options), done);
}

void AsyncClient::Reconnect(const std::string& name, const ChangeOptions& options, const Callback<v1::Session>& done) {
  impl_->Repeatable(&AsyncStub::ReconnectSession, CommandRequest<v1::ReconnectSessionRequest>(name, options), done);
}

void AsyncClient::ReconnectAll(const std::string& parent, const std::string& filter, std::chrono::nanoseconds over,
                               const Callback<int>& done) {
  impl_->Start<v1::ReconnectSessionsRequest, v1::ReconnectSessionsResponse>(
      &AsyncStub::ReconnectSessions, ReconnectAllRequest(parent, filter, over), {.max_retries = 0},
      [done](const absl::StatusOr<v1::ReconnectSessionsResponse>& answer) {
        answer.ok() ? done(answer->sessions()) : done(answer.status());
      });
}

void AsyncClient::GetFleetSummary(const std::string& parent, const std::string& filter,
                                  const Callback<v1::FleetSummary>& done) {
  v1::GetFleetSummaryRequest request;
  request.set_parent(parent);
  request.set_filter(filter);
  impl_->Repeatable(&AsyncStub::GetFleetSummary, std::move(request), done);
}

std::unique_ptr<Watch> AsyncClient::WatchSessions(const std::string& parent, const WatchOptions& options) {
  return std::unique_ptr<Watch>(new Watch(impl_->connection, parent, options));
}

}  // namespace holter::client
