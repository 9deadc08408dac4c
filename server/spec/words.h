// Fields of a session in words for people.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "holter/v1/session.pb.h"

namespace holter::spec {

std::string StateWord(v1::State state);                    // "OPEN"
std::string HealthWord(v1::Health health);                 // "HEALTHY"
std::string ReasonWord(v1::Reason reason);                 // "app_heartbeat", "" for none
std::string PathWord(v1::Path path);                       // "peer", "" when not known
std::string VerdictWord(v1::BeatStatus::Verdict verdict);  // "alive"

// Protobuf's reach farther than ours: what is beyond is as far as ours go.
Duration ToDuration(const google::protobuf::Duration& duration);
WallTime ToWallTime(const google::protobuf::Timestamp& time);

// Milliseconds without the unit, three significant digits below 100: "0.412", "15.2", "150".
std::string Milliseconds(Duration duration);
// "0.4s ago", "12s ago", "3m ago", "5h ago", "2d ago".
std::string Age(WallTime then, WallTime now);
// "2026-01-31 13:05:59.123".
std::string TimeIn(absl::TimeZone zone, WallTime time);

}  // namespace holter::spec
