// What operators say about single sessions and whole tenants: pause, resume, connect anew.
#pragma once

#include <string>

#include "registry/session_registry.h"
#include "registry/write_calls.h"

namespace holter::registry {

// Any thread; replies as WriteCalls gives them.
class SessionCommands {
 public:
  explicit SessionCommands(const WriteContext& context) : context_(context), calls_(context) {}

  void Pause(const v1::PauseSessionRequest& request, SessionRegistry::Reply reply) const;
  void Resume(const v1::ResumeSessionRequest& request, SessionRegistry::Reply reply) const;
  void Reconnect(const v1::ReconnectSessionRequest& request, SessionRegistry::Reply reply) const;
  // Answers in the caller.
  absl::StatusOr<v1::ReconnectSessionsResponse> ReconnectMany(const v1::ReconnectSessionsRequest& request) const;

 private:
  // What a command does to a session that is there and has the etag that was asked for.
  using Act = std::function<absl::Status(const LiveSession& session, ChangeSet& changes, v1::Session& answer)>;

  template <class Request>
  void Run(std::string_view method, const Request& request, SessionRegistry::Reply reply, Act act) const;
  absl::Status SetPaused(bool paused, const LiveSession& session, ChangeSet& changes, v1::Session& answer) const;

  const WriteContext context_;
  const WriteCalls calls_;
};

}  // namespace holter::registry
