#include "registry/filter_subject.h"

namespace holter::registry {

FilterSubject SubjectOf(const LiveSession& session, const Moment& now) {
  const core::SessionStatus status =
      session.cell != nullptr ? session.cell->Snapshot() : InitialStatus(*session.record, now);
  FilterSubject subject{.record = session.record.get(),
                        .state = status.state,
                        .health = status.health,
                        .reason = status.reason,
                        .path = status.path,
                        .attempts = status.attempts,
                        .state_time = now.ToWall(status.state_since),
                        .health_time = now.ToWall(status.health_since),
                        .last_alive_time = std::nullopt};
  if (status.last_alive.has_value()) subject.last_alive_time = now.ToWall(*status.last_alive);
  return subject;
}

FilterSubject SubjectOf(const ChangeEntry& entry) {
  FilterSubject subject{.record = entry.record.get(),
                        .state = entry.state,
                        .health = entry.health,
                        .reason = entry.reason,
                        .path = entry.path,
                        .attempts = entry.attempts,
                        .state_time = entry.state_since,
                        .health_time = entry.health_since,
                        .last_alive_time = std::nullopt};
  if (entry.last_alive != kNoTime) subject.last_alive_time = entry.last_alive;
  return subject;
}

}  // namespace holter::registry
