// The rules of one session: what to do next, and whether the peer is alive. No I/O, no timer, no thread.
//
//            Start                  granted, opened
//   (new) ──────────▶ CONNECTING ─────────────────────▶ OPEN
//                      ▲      │ failed                    │ heartbeat dead, closed, reset
//                delay │      ▼                           ▼
//                      └─── BACKOFF ◀─────────────────────┤
//                                                         │ class NEVER (also from CONNECTING)
//                                                         ▼
//                                                      STOPPED
//   Stop from everywhere: drop, FinishedAction.
//
// Health is judged apart. Until every heartbeat that can be judged has answered once on this connection, health stays
// what it was (UNKNOWN, or DOWN). HEALTHY: each was answered when last judged. DEGRADED: one was missed, not more often
// than allowed. DOWN: one was missed too often (the connection is dropped at once), or the connection is lost or
// refused. A spec without any judged heartbeat: UNKNOWN while open, DOWN while not connected after a failure.
//
// Definition of dead: a beat is late from the moment it was due. It is missed when due + timeout has passed and no
// answer has been read; the runner reads what had arrived before it calls OnTimer. What was outstanding when the loop
// was stalled is excused: a fresh beat goes out at once and has its full time.
//
// Owned by a runner, called by one thread at a time. Snapshot may be called by others under the runner's lock.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "core/heartbeat_machine.h"
#include "core/session_action.h"
#include "core/session_event.h"
#include "core/session_spec.h"
#include "core/session_status.h"

namespace holter::core {

class SessionMachine {
 public:
  // `random` outlives the machine and is used by the same thread.
  SessionMachine(std::shared_ptr<const SharedSpec> spec, TimePoint now, Random* random);
  ~SessionMachine();
  SessionMachine(const SessionMachine&) = delete;
  SessionMachine& operator=(const SessionMachine&) = delete;

  // Every event appends what is to be done to `out`.

  // Once, first. Wants a DialAction.
  void Start(const Tick& tick, ActionList& out);
  // From every state, DropAction if there is anything to drop and FinishedAction follow.
  void Stop(const Tick& tick, StopCause cause, ActionList& out);
  // Takes a changed spec. `reconnect`: what the connection depends on changed, so it is dropped (operator) and dialled
  // anew at once. Otherwise the connection stays; beats that changed begin anew with their first delay counted from
  // now.
  void Update(const Tick& tick, std::shared_ptr<const SharedSpec> spec, bool reconnect, ActionList& out);

  // The attempt of the last DialAction.
  void OnPhase(const Tick& tick, Phase phase, ActionList& out);
  void OnOpened(const Tick& tick, OpenInfo info, ActionList& out);
  void OnDialFailed(const Tick& tick, DialFailure failure, ActionList& out);

  // The open connection. OnInbound comes before the event that the bytes make, and also when they make none yet.
  void OnInbound(const Tick& tick, size_t bytes, ActionList& out);
  void OnPing(const Tick& tick, std::string_view payload, ActionList& out);
  void OnPong(const Tick& tick, std::string_view payload, ActionList& out);
  void OnMessage(const Tick& tick, FrameKind kind, std::string_view payload, ActionList& out);
  void OnClosed(const Tick& tick, CloseInfo info, ActionList& out);
  void OnBytesWritten(size_t bytes);

  // Call when NextDeadline has come; early calls do nothing.
  void OnTimer(const Tick& tick, const LinkState& link, ActionList& out);
  // kNever if the machine waits for nothing. May be earlier than needed, never later.
  TimePoint NextDeadline() const;
  // True when OnTimer at `now` could declare a beat missed: then the runner reads the socket empty and asks the kernel
  // first.
  bool VerdictDue(TimePoint now) const;

  State state() const { return state_; }
  Health health() const { return health_; }
  SessionStatus Snapshot() const;
  void SetTcpRtt(const TcpRtt& rtt);
  const SharedSpec& spec() const { return *spec_; }
};

}  // namespace holter::core
