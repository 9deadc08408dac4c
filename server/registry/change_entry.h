// One change as the log keeps it: some ninety bytes, because there are many.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "core/session_action.h"
#include "core/session_status.h"
#include "holter/v1/session_service.pb.h"
#include "registry/session_record.h"

namespace holter::registry {

// What a transition says for people; shared, because in a mass outage thousands say the same.
struct DetailText {
  std::string text;

  std::string_view Key() const { return text; }
};

// Absent times are kNoTime.
inline constexpr WallTime kNoTime = WallTime::min();

struct ChangeEntry {
  RecordPtr record;
  std::shared_ptr<const DetailText> detail;  // null: none
  WallTime at{};
  WallTime state_since{};
  WallTime health_since{};
  WallTime last_alive = kNoTime;
  WallTime next_attempt = kNoTime;
  int32_t attempts = 0;
  uint32_t verdicts = 0;  // three bits a heartbeat in the order of the spec; 0: not known
  v1::SessionChange::Kind kind = v1::SessionChange::KIND_TRANSITION;
  core::State state = core::State::kConnecting;
  core::Health health = core::Health::kUnknown;
  core::Reason reason = core::Reason::kNone;
  core::Path path = core::Path::kUnknown;
};

// The same moment on both clocks.
struct Moment {
  TimePoint steady{};
  WallTime wall{};

  static Moment Of(const Clock& clock) { return {.steady = clock.Now(), .wall = clock.WallNow()}; }
  WallTime ToWall(TimePoint time) const { return wall + (time - steady); }
};

// Builds entries. Any thread.
class ChangeEntryBuilder {
 public:
  // `kind` is KIND_DECLARED or KIND_DELETED. `status` null: the session has not begun.
  ChangeEntry OfDeclaration(v1::SessionChange::Kind kind, RecordPtr record, const core::SessionStatus* status,
                            const Moment& now);
  // `status` is what the session says right after the transition; null: not known.
  ChangeEntry OfTransition(RecordPtr record, const core::Transition& transition, const core::SessionStatus* status,
                           const Moment& now);

 private:
  std::shared_ptr<const DetailText> Share(const std::string& detail);

  WeakInterner<DetailText> details_;
};

// The entry as watchers get it.
void ToProto(const ChangeEntry& entry, v1::SessionChange* out);

// The status of a session that has not begun.
core::SessionStatus InitialStatus(const SessionRecord& record, const Moment& now);

}  // namespace holter::registry
