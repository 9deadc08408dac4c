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

}  // namespace holter::client
