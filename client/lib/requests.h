// Requests of the control plane from the words of the library.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "holter/apply.h"
#include "holter/options.h"
#include "holter/v1/session_service.pb.h"

namespace holter::client {

v1::CreateSessionRequest CreateRequest(const v1::Session& session, const ChangeOptions& options);
v1::UpdateSessionRequest UpdateRequest(const v1::Session& session, const std::vector<std::string>& paths,
                                       const ChangeOptions& options);
v1::DeleteSessionRequest DeleteRequest(const std::string& name, const ChangeOptions& options);
v1::BatchCreateSessionsRequest BatchCreateRequest(const std::string& parent, const std::vector<v1::Session>& sessions,
                                                  const ChangeOptions& options);
v1::BatchDeleteSessionsRequest BatchDeleteRequest(const std::string& parent, const std::vector<std::string>& names,
                                                  const ChangeOptions& options);
v1::ReconnectSessionsRequest ReconnectAllRequest(const std::string& parent, const std::string& filter,
                                                 std::chrono::nanoseconds over);
v1::ApplySessionsRequest ApplyHeader(const std::string& parent, const std::string& owner, const ApplyOptions& options);
v1::RenewLeaseRequest LeaseRequest(const std::string& parent, const std::string& owner, std::chrono::nanoseconds ttl);
v1::ListSessionEventsRequest EventsRequest(const std::string& parent, const EventOptions& options);
v1::ListSessionsRequest FirstPageRequest(const std::string& parent, const ListOptions& options);

// The id that the caller chose, or a new one.
std::string RequestIdOf(const ChangeOptions& options);

// Pause, Resume and Reconnect.
template <typename Request>
Request CommandRequest(const std::string& name, const ChangeOptions& options) {
  Request request;
  request.set_name(name);
  request.set_etag(options.etag);
  request.set_request_id(RequestIdOf(options));
  return request;
}

google::protobuf::Duration ToProto(std::chrono::nanoseconds duration);
google::protobuf::Timestamp ToProto(std::chrono::system_clock::time_point time);

}  // namespace holter::client
