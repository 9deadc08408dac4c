// The page of one session: why it is as it is, its heartbeats, their last round trips, and what happened to it.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/beat_tape.h"
#include "observe/http_server.h"
#include "registry/session_registry.h"

namespace holter::observe {

struct SessionPageRequest {
  std::string name;         // "tenants/default/sessions/feed-1", as the client wrote it
  std::string event_token;  // of the registry; empty: the newest events
  std::string notice;
};

// From now on the tape records the session. Reads the history from disk: not from a loop. 404: there is no such
// session.
HttpResponse MakeSessionPage(const registry::SessionRegistry& registry, BeatTape& tape,
                             const SessionPageRequest& request, const Clock& clock);

}  // namespace holter::observe
