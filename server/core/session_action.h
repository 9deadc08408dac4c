// What a session machine wants done: its output. The runner turns each into exactly one operation.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "core/message_template.h"
#include "core/reason.h"
#include "core/session_event.h"
#include "core/session_status.h"

namespace holter::core {

// Ask the governor for a turn, then open a new connection. Events of the attempt follow.
struct DialAction {
  std::string url = {};  // where the peer has sent us, for this attempt alone; empty: the declared one
};

// Send a ping frame, at most 125 bytes of payload.
struct PingAction {
  std::string payload;
};

// Send a data frame, or a pong that nobody asked for.
struct SendAction {
  FrameKind kind = FrameKind::kText;
  std::string payload;
  bool secret = false;  // holds a secret: not to be shown to anybody
};

// Let go of the attempt or connection; no event of it may follow.
struct DropAction {
  enum class Manner : uint8_t {
    kPolite,    // close frame, wait for the echo up to the close timeout, then abort
    kFarewell,  // close frame if the kernel takes it at once, then abort: the peer does not answer anyway
    kAbort,     // nothing more is sent
  } manner = Manner::kAbort;
  uint16_t code = 1000;
  std::string reason;
};

// State, health or reason changed.
struct Transition {
  TimePoint at{};
  State from_state = State::kConnecting;
  State state = State::kConnecting;
  Health from_health = Health::kUnknown;
  Health health = Health::kUnknown;
  Reason reason = Reason::kNone;
  Path path = Path::kUnknown;
  std::string detail;
  int attempts = 0;
  // Set when this transition ended an open connection: how long it was open.
  std::optional<Duration> lifetime;
  // Set when health became HEALTHY after DOWN: how long it was down.
  std::optional<Duration> recovery;
  // Set when state became BACKOFF.
  std::optional<TimePoint> next_attempt;
};

// Something happened to a heartbeat. layer 0 is the protocol, 1 the application.
struct BeatReport {
  enum class Kind : uint8_t {
    kSent,
    kAcked,
    kMissed,
    kLate,
    kForeign,
    kDuplicate,
    kUnsolicited,
    kExcused,  // its deadline passed while we were starved; nobody is blamed
    kSample,  // only a round trip: the pong of a beat that other inbound bytes had acked before (PongRule::kAnyInbound)
  } kind = Kind::kSent;
  bool app = false;
  uint8_t beat = 0;             // index in SharedSpec::beats when app
  std::optional<Duration> rtt;  // with kAcked, kLate and kSample, unless we disturbed the sample or it is ambiguous
};

// An attempt ended: opened, or failed with a reason.
struct AttemptReport {
  bool opened = false;
  Reason reason = Reason::kNone;
  bool reconnect = false;  // not the first attempt since the session was declared
};

// The machine has ended; it wants no further event.
struct FinishedAction {};

using Action =
    std::variant<DialAction, PingAction, SendAction, DropAction, Transition, BeatReport, AttemptReport, FinishedAction>;

// In the order in which they are to be done. One list a loop is enough: it is filled by one call of a machine and
// emptied by the runner before the next.
using ActionList = std::vector<Action>;

}  // namespace holter::core
