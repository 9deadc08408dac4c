// A session at one moment, as the list and the log of changes both know it.
#pragma once

#include <optional>

#include "base/clock.h"
#include "core/reason.h"
#include "core/session_status.h"
#include "registry/change_entry.h"
#include "registry/session_record.h"

namespace holter::registry {

struct FilterSubject {
  const SessionRecord* record = nullptr;  // outlives the subject
  core::State state = core::State::kConnecting;
  core::Health health = core::Health::kUnknown;
  core::Reason reason = core::Reason::kNone;
  core::Path path = core::Path::kUnknown;
  int attempts = 0;
  WallTime state_time{};
  WallTime health_time{};
  std::optional<WallTime> last_alive_time;
};

// What a session says of itself, or would if it had begun. A walk over all sessions reads it once of each.
core::SessionVitals VitalsOf(const LiveSession& session, const Moment& now);

FilterSubject SubjectOf(const SessionRecord& record, const core::SessionVitals& vitals, const Moment& now);
FilterSubject SubjectOf(const ChangeEntry& entry);

}  // namespace holter::registry
