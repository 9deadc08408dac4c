#include "holter/client.h"

#include <optional>
#include <utility>

#include "absl/synchronization/notification.h"

namespace holter::client {
namespace {

// Runs `start` with a callback, and waits for it.
template <typename T, typename Start>
T Await(const Start& start) {
  std::optional<T> result;
  absl::Notification answered;
  start([&](T answer) {
    result = std::move(answer);
    answered.Notify();
  });
  answered.WaitForNotification();
  return *std::move(result);
}

using SessionOr = absl::StatusOr<v1::Session>;
using SessionsOr = absl::StatusOr<std::vector<v1::Session>>;
using AppliedOr = absl::StatusOr<v1::ApplySessionsResponse>;

}  // namespace

SessionOr Client::Create(const v1::Session& session, const ChangeOptions& options) {
  return Await<SessionOr>([&](const auto& done) { async_.Create(session, options, done); });
}

SessionOr Client::Get(const std::string& name) {
  return Await<SessionOr>([&](const auto& done) { async_.Get(name, done); });
}

SessionsOr Client::List(const std::string& parent, const ListOptions& options) {
  return Await<SessionsOr>([&](const auto& done) { async_.List(parent, options, done); });
}

SessionOr Client::Update(const v1::Session& session, const std::vector<std::string>& paths,
                         const ChangeOptions& options) {
  return Await<SessionOr>([&](const auto& done) { async_.Update(session, paths, options, done); });
}

absl::Status Client::Delete(const std::string& name, const ChangeOptions& options) {
  return Await<absl::Status>([&](const auto& done) { async_.Delete(name, options, done); });
}

SessionsOr Client::BatchCreate(const std::string& parent, const std::vector<v1::Session>& sessions,
                               const ChangeOptions& options) {
  return Await<SessionsOr>([&](const auto& done) { async_.BatchCreate(parent, sessions, options, done); });
}

SessionsOr Client::BatchGet(const std::string& parent, const std::vector<std::string>& names) {
  return Await<SessionsOr>([&](const auto& done) { async_.BatchGet(parent, names, done); });
}

absl::Status Client::BatchDelete(const std::string& parent, const std::vector<std::string>& names,
                                 const ChangeOptions& options) {
  return Await<absl::Status>([&](const auto& done) { async_.BatchDelete(parent, names, options, done); });
}

SessionOr Client::Pause(const std::string& name, const ChangeOptions& options) {
  return Await<SessionOr>([&](const auto& done) { async_.Pause(name, options, done); });
}

SessionOr Client::Resume(const std::string& name, const ChangeOptions& options) {
  return Await<SessionOr>([&](const auto& done) { async_.Resume(name, options, done); });
}

SessionOr Client::Reconnect(const std::string& name, const ChangeOptions& options) {
  return Await<SessionOr>([&](const auto& done) { async_.Reconnect(name, options, done); });
}

absl::StatusOr<int> Client::ReconnectAll(const std::string& parent, const std::string& filter,
                                         std::chrono::nanoseconds over) {
  return Await<absl::StatusOr<int>>([&](const auto& done) { async_.ReconnectAll(parent, filter, over, done); });
}

absl::StatusOr<v1::FleetSummary> Client::GetFleetSummary(const std::string& parent, const std::string& filter) {
  return Await<absl::StatusOr<v1::FleetSummary>>(
      [&](const auto& done) { async_.GetFleetSummary(parent, filter, done); });
}

absl::StatusOr<v1::ApplySessionsResponse> Client::Apply(const std::string& parent, const std::string& owner,
                                                        std::vector<v1::Session> sessions,
                                                        const ApplyOptions& options) {
  return Await<AppliedOr>([&](const auto& done) { async_.Apply(parent, owner, std::move(sessions), options, done); });
}

absl::StatusOr<v1::ApplySessionsResponse> Client::ApplyFrom(const std::string& parent, const std::string& owner,
                                                            const SessionSource& source, const ApplyOptions& options) {
  return Await<AppliedOr>([&](const auto& done) { async_.ApplyFrom(parent, owner, source, options, done); });
}

absl::StatusOr<v1::Lease> Client::RenewLease(const std::string& parent, const std::string& owner,
                                             std::chrono::nanoseconds ttl) {
  return Await<absl::StatusOr<v1::Lease>>([&](const auto& done) { async_.RenewLease(parent, owner, ttl, done); });
}

absl::StatusOr<std::vector<v1::SessionEvent>> Client::ListEvents(const std::string& parent,
                                                                 const EventOptions& options) {
  return Await<absl::StatusOr<std::vector<v1::SessionEvent>>>(
      [&](const auto& done) { async_.ListEvents(parent, options, done); });
}

absl::StatusOr<v1::ListSessionEventsResponse> Client::ListEventPage(const std::string& parent,
                                                                    const EventOptions& options,
                                                                    const std::string& page_token) {
  return Await<absl::StatusOr<v1::ListSessionEventsResponse>>(
      [&](const auto& done) { async_.ListEventPage(parent, options, page_token, done); });
}

absl::Status Client::ForEachEvent(const std::string& parent, const EventOptions& options,
                                  const std::function<bool(const v1::SessionEvent&)>& visit) {
  std::string token;
  int shown = 0;
  do {
    const auto page = ListEventPage(parent, options, token);
    if (!page.ok()) return page.status();
    for (const v1::SessionEvent& event : page->events()) {
      if (!visit(event) || ++shown == options.limit) return absl::OkStatus();
    }
    token = page->next_page_token();
  } while (!token.empty());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Preset>> Client::ListPresets() {
  return Await<absl::StatusOr<std::vector<v1::Preset>>>([&](const auto& done) { async_.ListPresets(done); });
}

absl::StatusOr<v1::Preset> Client::GetPreset(const std::string& name) {
  return Await<absl::StatusOr<v1::Preset>>([&](const auto& done) { async_.GetPreset(name, done); });
}

}  // namespace holter::client
