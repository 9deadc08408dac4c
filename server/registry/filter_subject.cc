#include "registry/filter_subject.h"

namespace holter::registry {

core::SessionVitals VitalsOf(const LiveSession& session, const Moment& now) {
  if (session.cell != nullptr) return session.cell->Vitals();
  const core::SessionStatus status = InitialStatus(*session.record, now);
  core::SessionVitals vitals;
  vitals.state = status.state;
  vitals.health = status.health;
  vitals.reason = status.reason;
  vitals.state_since = status.state_since;
  vitals.health_since = status.health_since;
  return vitals;
}

FilterSubject SubjectOf(const SessionRecord& record, const core::SessionVitals& vitals, const Moment& now) {
  FilterSubject subject{.record = &record,
                        .state = vitals.state,
                        .health = vitals.health,
                        .reason = vitals.reason,
                        .path = vitals.path,
                        .attempts = vitals.attempts,
                        .state_time = now.ToWall(vitals.state_since),
                        .health_time = now.ToWall(vitals.health_since),
                        .last_alive_time = std::nullopt};
  if (vitals.last_alive.has_value()) subject.last_alive_time = now.ToWall(*vitals.last_alive);
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
