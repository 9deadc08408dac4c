// Where a session's news goes. Engine calls it; registry and observe implement it; neither knows the other.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/session_action.h"
#include "core/session_status.h"

namespace holter::core {

// A session's number within this process; never used twice.
using SessionId = uint64_t;

// Calls come from the loop of the session, in order for one session, concurrently for sessions of other loops, without
// locks held by the caller. They must not block and must not call back into the engine.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;

  virtual void OnTransition(SessionId id, const Transition& transition) = 0;
  virtual void OnBeat(SessionId id, const BeatReport& report) = 0;
  virtual void OnAttempt(SessionId id, const AttemptReport& report) = 0;
  // One phase of an attempt ended well.
  virtual void OnPhase(SessionId id, Phase phase, Duration took) = 0;
  // A sample of the kernel's least round trip.
  virtual void OnTcpRtt(SessionId id, const TcpRtt& rtt) = 0;
  // What crossed the connection since the last call.
  virtual void OnTraffic(SessionId id, const Traffic& delta) = 0;
  // The session began (with its first state and health, before any transition) or is gone (with its last).
  virtual void OnBegin(SessionId id, State state, Health health) = 0;
  virtual void OnEnd(SessionId id, State state, Health health) = 0;
};

// Hands out the observer of the aggregates of one tenant and group.
class SessionObserverSource {
 public:
  virtual ~SessionObserverSource() = default;
  // Thread-safe. The observer lives as long as the source.
  virtual SessionObserver* ObserverFor(std::string_view tenant, std::string_view group) = 0;
};

}  // namespace holter::core
