#include "holter/async_client.h"

#include <google/protobuf/empty.pb.h>

#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "client/lib/apply_call.h"
#include "client/lib/call_set.h"
#include "client/lib/connection.h"
#include "client/lib/requests.h"
#include "client/lib/response_stream_impl.h"
#include "client/lib/unary_call.h"

namespace holter::client {
namespace {

using AsyncStub = v1::SessionService::StubInterface::async_interface;
using AsyncPresets = v1::PresetService::StubInterface::async_interface;
using Sessions = std::vector<v1::Session>;
using Events = std::vector<v1::SessionEvent>;

// Empty says no more than OK.
Callback<google::protobuf::Empty> IgnoringEmpty(const DoneCallback& done) {
  return [done](const absl::StatusOr<google::protobuf::Empty>& answer) { done(answer.status()); };
}

template <typename Item>
void MoveTo(std::vector<Item>& to, google::protobuf::RepeatedPtrField<Item>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void MoveItems(v1::ListSessionsResponse& page, Sessions& to) { MoveTo(to, *page.mutable_sessions()); }
void MoveItems(v1::ListSessionEventsResponse& page, Events& to) { MoveTo(to, *page.mutable_events()); }

size_t MostOf(int limit) { return limit > 0 ? static_cast<size_t>(limit) : std::numeric_limits<size_t>::max(); }

// The same set anew at every attempt.
ApplyCall::SourceMaker Rewinding(Sessions&& sessions) {
  return [all = std::make_shared<const Sessions>(std::move(sessions))]() -> SessionSource {
    return
        [all, next = size_t{0}]() mutable { return next < all->size() ? std::optional((*all)[next++]) : std::nullopt; };
  };
}

// The sessions of an answer that holds nothing else.
template <typename Response>
Callback<Response> TakingSessions(const Callback<Sessions>& done) {
  return [done](absl::StatusOr<Response> answer) {
    if (!answer.ok()) return done(answer.status());
    Sessions sessions;
    MoveTo(sessions, *answer->mutable_sessions());
    done(std::move(sessions));
  };
}

}  // namespace

struct AsyncClient::Impl {
  template <typename Request, typename Response, typename Service = v1::SessionService>
  using Method = typename UnaryCall<Request, Response, Service>::Method;

  Impl(std::shared_ptr<const Connection> the_connection, const ClientOptions& the_options)
      : options(the_options), connection(std::move(the_connection)) {}

  // A read, or a change that carries a request_id.
  template <typename Request, typename Response, typename Service = v1::SessionService>
  void Repeatable(Method<Request, Response, Service> method, Request request, Callback<Response> done) {
    Start<Request, Response, Service>(method, std::move(request), options.retry, std::move(done));
  }

  template <typename Request, typename Response, typename Service = v1::SessionService>
  void Start(Method<Request, Response, Service> method, Request request, const RetryOptions& retry,
             Callback<Response> done) {
    std::make_shared<UnaryCall<Request, Response, Service>>(*connection, calls, Deadline(), retry, method,
                                                            std::move(request), std::move(done))
        ->Start();
  }

  void Apply(v1::ApplySessionsRequest header, ApplyCall::SourceMaker make_source, bool rewinds,
             const Callback<v1::ApplySessionsResponse>& done) {
    std::make_shared<ApplyCall>(*connection, calls, Deadline(), options.retry, std::move(header),
                                std::move(make_source), rewinds, done)
        ->Start();
  }

  RepeatedCall::Deadline Deadline() const {
    return std::chrono::system_clock::now() +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(options.deadline);
  }

  // One page after the other; the next begins before the callback of the last has returned, so that Close sees it.
  template <typename Request, typename Response, typename Item>
  void ListPages(Method<Request, Response> method, Request request, size_t most,
                 std::shared_ptr<std::vector<Item>> so_far, Callback<std::vector<Item>> done) {
    Repeatable<Request, Response>(
        method, request,
        [this, method, request, most, so_far, done = std::move(done)](absl::StatusOr<Response> page) mutable {
          if (!page.ok()) return done(page.status());
          MoveItems(*page, *so_far);
          if (so_far->size() > most) so_far->resize(most);
          if (page->next_page_token().empty() || so_far->size() == most) return done(std::move(*so_far));
          request.set_page_token(page->next_page_token());
          ListPages<Request, Response>(method, std::move(request), most, std::move(so_far), std::move(done));
        });
  }

  const ClientOptions options;
  const std::shared_ptr<const Connection> connection;
  CallSet calls;
};

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
  impl_->ListPages<v1::ListSessionsRequest, v1::ListSessionsResponse>(
      &AsyncStub::ListSessions, FirstPageRequest(parent, options), MostOf(options.limit), std::make_shared<Sessions>(),
      done);
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

void AsyncClient::Apply(const std::string& parent, const std::string& owner, Sessions sessions,
                        const ApplyOptions& options, const Callback<v1::ApplySessionsResponse>& done) {
  impl_->Apply(ApplyHeader(parent, owner, options), Rewinding(std::move(sessions)), /*rewinds=*/true, done);
}

void AsyncClient::ApplyFrom(const std::string& parent, const std::string& owner, const SessionSource& source,
                            const ApplyOptions& options, const Callback<v1::ApplySessionsResponse>& done) {
  impl_->Apply(
      ApplyHeader(parent, owner, options), [source] { return source; }, /*rewinds=*/false, done);
}

void AsyncClient::RenewLease(const std::string& parent, const std::string& owner, std::chrono::nanoseconds ttl,
                             const Callback<v1::Lease>& done) {
  impl_->Repeatable(&AsyncStub::RenewLease, LeaseRequest(parent, owner, ttl), done);
}

void AsyncClient::ListEvents(const std::string& parent, const EventOptions& options, const Callback<Events>& done) {
  impl_->ListPages<v1::ListSessionEventsRequest, v1::ListSessionEventsResponse>(
      &AsyncStub::ListSessionEvents, EventsRequest(parent, options), MostOf(options.limit), std::make_shared<Events>(),
      done);
}

void AsyncClient::ListEventPage(const std::string& parent, const EventOptions& options, const std::string& page_token,
                                const Callback<v1::ListSessionEventsResponse>& done) {
  v1::ListSessionEventsRequest request = EventsRequest(parent, options);
  request.set_page_token(page_token);
  impl_->Repeatable(&AsyncStub::ListSessionEvents, std::move(request), done);
}

void AsyncClient::ListPresets(const Callback<std::vector<v1::Preset>>& done) {
  impl_->Repeatable<v1::ListPresetsRequest, v1::ListPresetsResponse, v1::PresetService>(
      &AsyncPresets::ListPresets, {}, [done](absl::StatusOr<v1::ListPresetsResponse> answer) {
        if (!answer.ok()) return done(answer.status());
        std::vector<v1::Preset> presets;
        MoveTo(presets, *answer->mutable_presets());
        done(std::move(presets));
      });
}

void AsyncClient::GetPreset(const std::string& name, const Callback<v1::Preset>& done) {
  v1::GetPresetRequest request;
  request.set_name(name);
  impl_->Repeatable<v1::GetPresetRequest, v1::Preset, v1::PresetService>(&AsyncPresets::GetPreset, std::move(request),
                                                                         done);
}

std::unique_ptr<Probe> AsyncClient::ProbeSession(const std::string& parent, const v1::SessionSpec& spec,
                                                 std::chrono::nanoseconds duration) {
  v1::ProbeSessionRequest request;
  request.set_parent(parent);
  *request.mutable_spec() = spec;
  if (duration.count() != 0) *request.mutable_duration() = ToProto(duration);
  return std::unique_ptr<Probe>(new Probe(std::unique_ptr<Probe::Impl>(
      new Probe::Impl{.connection = impl_->connection,
                      .open = [request](v1::SessionService::StubInterface& stub, grpc::ClientContext* context) {
                        return stub.ProbeSession(context, request);
                      }})));
}

std::unique_ptr<Tap> AsyncClient::TapSession(const std::string& name, int max_recent) {
  v1::TapSessionRequest request;
  request.set_name(name);
  request.set_max_recent(max_recent);
  return std::unique_ptr<Tap>(new Tap(std::unique_ptr<Tap::Impl>(
      new Tap::Impl{.connection = impl_->connection,
                    .open = [request](v1::SessionService::StubInterface& stub, grpc::ClientContext* context) {
                      return stub.TapSession(context, request);
                    }})));
}

std::unique_ptr<Watch> AsyncClient::WatchSessions(const std::string& parent, const WatchOptions& options) {
  return std::unique_ptr<Watch>(new Watch(impl_->connection, parent, options));
}

}  // namespace holter::client
