// The durations of a spec, as far as they are known before the session runs.
#pragma once

#include <optional>
#include <string>

#include "core/duration_expression.h"
#include "core/scope.h"
#include "core/session_spec.h"
#include "core/value.h"
#include "holter/v1/session.pb.h"

namespace holter::spec {

struct SaidTime {
  std::optional<Duration> known;  // constant, or computed of parameters
  bool off = false;               // "if" says so, of what is known
  std::string words;              // "18s", "45s (1.5 * ${every})", "${heartbeat_interval}"
};

struct SaidCadence {
  SaidTime interval;
  SaidTime timeout;
  SaidTime first_delay;
};

// Reads durations with the values of one session's parameters. One thread.
class SpecTimes {
 public:
  // `effective` is good.
  explicit SpecTimes(const v1::SessionSpec& effective);

  SaidCadence Of(const v1::ProtocolHeartbeat& pings) const;
  SaidCadence Of(const v1::Beat& beat) const;
  // Of a watchdog: `within` or `degraded_after`.
  SaidTime OfWatchdog(const std::string& text) const;

 private:
  template <typename Heartbeat>
  SaidCadence Say(const Heartbeat& heartbeat, const core::Cadence& defaults) const;
  SaidTime Say(const std::string& text, Duration otherwise, const core::DurationExpression::Bounds& bounds,
               std::optional<Duration> interval) const;
  bool IsKnown(const core::DurationExpression& expression) const;

  core::Scope scope_;
  core::ValueStore values_;
};

}  // namespace holter::spec
