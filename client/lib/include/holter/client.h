// The client library of Holter's control plane: declares sessions and asks how they are.
//
//   holter::client::Client client({.server = "127.0.0.1:7600"});
//   absl::StatusOr<holter::v1::Session> session = client.Get("tenants/default/sessions/feed-1");
//
// It knows the protos, gRPC and Abseil, and nothing of the daemon.
#pragma once

#include <functional>

#include "holter/async_client.h"

namespace holter::client {

// AsyncClient for those who may wait: every method blocks until the answer or the deadline, and may be called from any
// thread but those of callbacks. What the methods do is said there.
class Client {
 public:
  explicit Client(const ClientOptions& options) : async_(options) {}
  Client(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options) : async_(std::move(channel), options) {}

  absl::StatusOr<v1::Session> Create(const v1::Session& session, const ChangeOptions& options = {});
  absl::StatusOr<v1::Session> Get(const std::string& name);
  absl::StatusOr<std::vector<v1::Session>> List(const std::string& parent, const ListOptions& options = {});
  absl::StatusOr<v1::Session> Update(const v1::Session& session, const std::vector<std::string>& paths,
                                     const ChangeOptions& options = {});
  absl::Status Delete(const std::string& name, const ChangeOptions& options = {});

  absl::StatusOr<std::vector<v1::Session>> BatchCreate(const std::string& parent,
                                                       const std::vector<v1::Session>& sessions,
                                                       const ChangeOptions& options = {});
  absl::StatusOr<std::vector<v1::Session>> BatchGet(const std::string& parent, const std::vector<std::string>& names);
  absl::Status BatchDelete(const std::string& parent, const std::vector<std::string>& names,
                           const ChangeOptions& options = {});

  absl::StatusOr<v1::Session> Pause(const std::string& name, const ChangeOptions& options = {});
  absl::StatusOr<v1::Session> Resume(const std::string& name, const ChangeOptions& options = {});
  absl::StatusOr<v1::Session> Reconnect(const std::string& name, const ChangeOptions& options = {});
  absl::StatusOr<int> ReconnectAll(const std::string& parent, const std::string& filter, std::chrono::nanoseconds over);
  absl::StatusOr<v1::FleetSummary> GetFleetSummary(const std::string& parent, const std::string& filter = "");

  absl::StatusOr<v1::ApplySessionsResponse> Apply(const std::string& parent, const std::string& owner,
                                                  std::vector<v1::Session> sessions, const ApplyOptions& options = {});
  absl::StatusOr<v1::ApplySessionsResponse> ApplyFrom(const std::string& parent, const std::string& owner,
                                                      const SessionSource& source, const ApplyOptions& options = {});
  absl::StatusOr<v1::Lease> RenewLease(const std::string& parent, const std::string& owner,
                                       std::chrono::nanoseconds ttl);

  absl::StatusOr<std::vector<v1::SessionEvent>> ListEvents(const std::string& parent, const EventOptions& options = {});
  absl::StatusOr<v1::ListSessionEventsResponse> ListEventPage(const std::string& parent, const EventOptions& options,
                                                              const std::string& page_token);
  // Shows one event after the other to `visit`, page by page, until there is none or `visit` says false.
  absl::Status ForEachEvent(const std::string& parent, const EventOptions& options,
                            const std::function<bool(const v1::SessionEvent&)>& visit);

  absl::StatusOr<std::vector<v1::Preset>> ListPresets();
  absl::StatusOr<v1::Preset> GetPreset(const std::string& name);

  std::unique_ptr<Probe> ProbeSession(const std::string& parent, const v1::SessionSpec& spec,
                                      std::chrono::nanoseconds duration = {}) {
    return async_.ProbeSession(parent, spec, duration);
  }
  std::unique_ptr<Tap> TapSession(const std::string& name, int max_recent = 0) {
    return async_.TapSession(name, max_recent);
  }

  std::unique_ptr<Watch> WatchSessions(const std::string& parent, const WatchOptions& options = {}) {
    return async_.WatchSessions(parent, options);
  }

 private:
  AsyncClient async_;
};

}  // namespace holter::client
