#include "spec/explain_times.h"

#include <fmt/format.h>

#include <vector>

#include "base/duration_text.h"
#include "base/random.h"
#include "spec/field_path.h"
#include "spec/spec_scope.h"

namespace holter::spec {
namespace {

using Bounds = core::DurationExpression::Bounds;

// Limits of heartbeat.proto, to which what is computed is clamped.
Bounds BoundsOfInterval() { return {.least = std::chrono::milliseconds(50), .most = std::chrono::hours(24)}; }

Bounds BoundsOfTimeout() {
  return {.least = std::chrono::milliseconds(10), .most = std::chrono::hours(1), .may_use_interval = true};
}

}  // namespace

SpecTimes::SpecTimes(const v1::SessionSpec& effective) {
  std::vector<FieldViolation> violations;
  core::ParameterList secrets;
  scope_ = CompileScope(effective, FieldPath("spec", violations), secrets);
  values_ = core::ValueStore(scope_.size());
  for (const auto& [name, text] : effective.parameters()) {
    if (const std::optional<size_t> slot = scope_.Find(name)) values_.Set(*slot, core::Value::Kind::kText, text);
  }
}

SaidCadence SpecTimes::Of(const v1::ProtocolHeartbeat& pings) const {
  return Say(pings, core::ProtocolHeartbeatSpec().cadence);
}

SaidCadence SpecTimes::Of(const v1::Beat& beat) const { return Say(beat, core::BeatSpec().cadence); }

SaidTime SpecTimes::OfWatchdog(const std::string& text) const {
  return Say(text, Duration::zero(), BoundsOfInterval(), std::nullopt);
}

template <typename Heartbeat>
SaidCadence SpecTimes::Say(const Heartbeat& heartbeat, const core::Cadence& defaults) const {
  SaidCadence said;
  said.interval = Say(heartbeat.interval(), defaults.interval, BoundsOfInterval(), std::nullopt);
  said.timeout = Say(heartbeat.timeout(), defaults.timeout, BoundsOfTimeout(), said.interval.known);
  said.first_delay =
      Say(heartbeat.first_delay(), defaults.first_delay, {.may_use_interval = true}, said.interval.known);
  return said;
}

bool SpecTimes::IsKnown(const core::DurationExpression& expression) const {
  if (expression.random()) return false;
  for (size_t slot = 0; slot < scope_.size(); ++slot) {
    if (scope_[slot].origin != core::Origin::kParameter && expression.Uses(slot)) return false;
  }
  return true;
}

SaidTime SpecTimes::Say(const std::string& text, Duration otherwise, const Bounds& bounds,
                        std::optional<Duration> interval) const {
  SaidTime said{.known = std::nullopt, .off = false, .words = text.empty() ? FormatDuration(otherwise) : text};
  const absl::StatusOr<core::DurationExpression> expression =
      core::DurationExpression::Parse(said.words, scope_, bounds);
  if (!expression.ok() || !IsKnown(*expression)) return said;
  // A variable's name may contain the word; then less is known than could be.
  const bool needs_interval = bounds.may_use_interval && text.find("interval") != std::string::npos;
  if (needs_interval && !interval) return said;
  Random random(1);  // not drawn from
  said.known = expression->Evaluate(values_, interval.value_or(Duration::zero()), random);
  said.off = !said.known && !expression->always();
  if (!said.known) return said;
  const std::string plain = FormatDuration(*said.known);
  said.words = expression->constant() ? plain : fmt::format("{} ({})", plain, text);
  return said;
}

}  // namespace holter::spec
