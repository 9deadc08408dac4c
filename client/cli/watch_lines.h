// Changes of sessions as lines for people.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "client/cli/invocation.h"
#include "holter/v1/session_service.pb.h"

namespace holter::cli {

// "OPEN/HEALTHY → BACKOFF/DOWN  app_heartbeat (peer)  no answer to op-ping within 1s".
std::string EventWords(const v1::SessionEvent& event, bool color);

// A change says what is; this remembers what was, so that a line can tell both.
class ChangeLines {
 public:
  explicit ChangeLines(const Invocation& invocation) : invocation_(invocation) {}

  // "2026-01-31 13:05:59.123  feed-1  OPEN/HEALTHY → BACKOFF/DOWN  app_heartbeat (peer)  no answer to op-ping within
  // 1s". Nothing for the end of a snapshot.
  std::optional<std::string> LineOf(const v1::SessionChange& change, bool color);
  // True when the health is another than what was known: ask before LineOf, which remembers.
  bool MovesHealth(const v1::SessionChange& change) const;
  // What was known is void.
  void Reset() { known_.clear(); }

 private:
  struct Known {
    v1::State state = v1::STATE_UNSPECIFIED;
    v1::Health health = v1::HEALTH_UNSPECIFIED;
  };

  std::string Movement(const v1::SessionChange& change, bool color);

  const Invocation& invocation_;
  std::map<std::string, Known> known_;  // by name
};

}  // namespace holter::cli
