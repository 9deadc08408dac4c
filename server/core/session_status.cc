#include "core/session_status.h"

namespace holter::core {

std::string_view Word(State state) {
  switch (state) {
    case State::kConnecting:
      return "connecting";
    case State::kOpen:
      return "open";
    case State::kBackoff:
      return "backoff";
    case State::kStopped:
      return "stopped";
    case State::kPaused:
      return "paused";
  }
  return "unknown";
}

std::string_view Word(Health health) {
  switch (health) {
    case Health::kUnknown:
      return "unknown";
    case Health::kHealthy:
      return "healthy";
    case Health::kDegraded:
      return "degraded";
    case Health::kDown:
      return "down";
  }
  return "unknown";
}

std::string_view Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kAlive:
      return "alive";
    case Verdict::kLate:
      return "late";
    case Verdict::kDead:
      return "dead";
    case Verdict::kKeepaliveOnly:
      return "keepalive_only";
  }
  return "unknown";
}

}  // namespace holter::core
