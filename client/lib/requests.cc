#include "client/lib/requests.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "client/lib/request_id.h"

namespace holter::client {
namespace {

constexpr int kPageSize = 1000;

int PageSize(int limit) { return limit > 0 ? std::min(limit, kPageSize) : kPageSize; }

// tenants/{tenant}/sessions/{session} to both halves; the server judges them.
std::pair<std::string, std::string> SplitName(const std::string& name) {
  const std::string_view infix = "/sessions/";
  const size_t at = name.find(infix);
  if (at == std::string::npos) return {"", name};
  return {name.substr(0, at), name.substr(at + infix.size())};
}

v1::CreateSessionRequest BareCreateRequest(const v1::Session& session) {
  v1::CreateSessionRequest request;
  auto [parent, id] = SplitName(session.name());
  request.set_parent(std::move(parent));
  request.set_session_id(std::move(id));
  *request.mutable_session() = session;
  return request;
}

template <typename Request>
void SetChange(Request& request, const ChangeOptions& options) {
  request.set_request_id(RequestIdOf(options));
  request.set_validate_only(options.validate_only);
}

}  // namespace

std::string RequestIdOf(const ChangeOptions& options) {
  return options.request_id.empty() ? NewRequestId() : options.request_id;
}

v1::CreateSessionRequest CreateRequest(const v1::Session& session, const ChangeOptions& options) {
  v1::CreateSessionRequest request = BareCreateRequest(session);
  SetChange(request, options);
  return request;
}

v1::UpdateSessionRequest UpdateRequest(const v1::Session& session, const std::vector<std::string>& paths,
                                       const ChangeOptions& options) {
  v1::UpdateSessionRequest request;
  *request.mutable_session() = session;
  for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
  request.set_allow_missing(options.allow_missing);
  SetChange(request, options);
  return request;
}

v1::DeleteSessionRequest DeleteRequest(const std::string& name, const ChangeOptions& options) {
  v1::DeleteSessionRequest request;
  request.set_name(name);
  request.set_etag(options.etag);
  request.set_allow_missing(options.allow_missing);
  SetChange(request, options);
  return request;
}

v1::BatchCreateSessionsRequest BatchCreateRequest(const std::string& parent, const std::vector<v1::Session>& sessions,
                                                  const ChangeOptions& options) {
  v1::BatchCreateSessionsRequest request;
  request.set_parent(parent);
  for (const v1::Session& session : sessions) *request.add_requests() = BareCreateRequest(session);
  SetChange(request, options);
  return request;
}

v1::BatchDeleteSessionsRequest BatchDeleteRequest(const std::string& parent, const std::vector<std::string>& names,
                                                  const ChangeOptions& options) {
  v1::BatchDeleteSessionsRequest request;
  request.set_parent(parent);
  for (const std::string& name : names) request.add_names(name);
  SetChange(request, options);
  return request;
}

v1::ReconnectSessionsRequest ReconnectAllRequest(const std::string& parent, const std::string& filter,
                                                 std::chrono::nanoseconds over) {
  v1::ReconnectSessionsRequest request;
  request.set_parent(parent);
  request.set_filter(filter);
  *request.mutable_over() = ToProto(over);
  return request;
}

v1::ApplySessionsRequest ApplyHeader(const std::string& parent, const std::string& owner, const ApplyOptions& options) {
  v1::ApplySessionsRequest header;
  header.set_parent(parent);
  header.set_owner(owner);
  header.set_dry_run(options.dry_run);
  header.set_prune(options.prune);
  if (options.lease_ttl.count() != 0) *header.mutable_lease_ttl() = ToProto(options.lease_ttl);
  return header;
}

v1::RenewLeaseRequest LeaseRequest(const std::string& parent, const std::string& owner, std::chrono::nanoseconds ttl) {
  v1::RenewLeaseRequest request;
  request.set_parent(parent);
  request.set_owner(owner);
  *request.mutable_ttl() = ToProto(ttl);
  return request;
}

v1::ListSessionEventsRequest EventsRequest(const std::string& parent, const EventOptions& options) {
  v1::ListSessionEventsRequest request;
  request.set_parent(parent);
  request.set_page_size(PageSize(options.limit));
  if (options.start) *request.mutable_start_time() = ToProto(*options.start);
  if (options.end) *request.mutable_end_time() = ToProto(*options.end);
  for (const v1::Reason reason : options.reasons) request.add_reasons(reason);
  return request;
}

v1::ListSessionsRequest FirstPageRequest(const std::string& parent, const ListOptions& options) {
  v1::ListSessionsRequest request;
  request.set_parent(parent);
  request.set_page_size(PageSize(options.limit));
  request.set_filter(options.filter);
  request.set_order_by(options.order_by);
  return request;
}

google::protobuf::Duration ToProto(std::chrono::nanoseconds duration) {
  google::protobuf::Duration proto;
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
  proto.set_seconds(whole.count());
  proto.set_nanos(static_cast<int32_t>((duration - whole).count()));
  return proto;
}

google::protobuf::Timestamp ToProto(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  google::protobuf::Timestamp proto;
  proto.set_seconds(whole.count());
  proto.set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(time.time_since_epoch() - whole).count()));
  return proto;
}

}  // namespace holter::client
