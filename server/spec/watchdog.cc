#include "spec/watchdog.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "spec/capture.h"
#include "spec/duration.h"
#include "spec/enum_words.h"
#include "spec/heartbeat.h"
#include "spec/matcher.h"
#include "spec/spec_scope.h"

namespace holter::spec {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr int kMostWatchdogs = 8;
constexpr int kMostChecks = 4;
constexpr int64_t kLongestStep = int64_t{1} << 53;

void CompileRule(const v1::Check& check, const FieldPath& at, core::CheckSpec& out) {
  switch (check.rule_case()) {
    case v1::Check::kStep:
      out.rule = core::CheckSpec::Rule::kStep;
      if (check.step() < 1 || check.step() > kLongestStep) {
        at.Field("step").Refuse(fmt::format("expected 1 to {}, got {}", kLongestStep, check.step()));
      }
      out.step = check.step();
      return;
    case v1::Check::kGrowing:
      out.rule = core::CheckSpec::Rule::kGrowing;
      if (!check.growing()) {
        at.Field("growing").Refuse("expected true, or not set");
      }
      return;
    case v1::Check::kFresherThan:
      out.rule = core::CheckSpec::Rule::kFresh;
      if (check.value().unit().empty()) {
        at.Field("value").Field("unit").Refuse("required with fresher_than: what the time since 1970 is counted in");
      }
      if (check.fresher_than().empty()) at.Field("fresher_than").Refuse("required: 50ms to 24h");
      ReadDuration(at.Field("fresher_than"), check.fresher_than(), milliseconds(50), hours(24), out.fresher_than);
      return;
    case v1::Check::RULE_NOT_SET:
      at.Refuse("expected exactly one of step, growing, fresher_than");
  }
}

std::optional<core::CheckSpec> CompileCheck(const v1::Check& check, const FieldPath& at) {
  CheckEnum(at.Field("consequence"), *v1::Check::Consequence_descriptor(), check.consequence());
  const std::optional<CompiledCapture> value = CompileCapture(check.value(), at.Field("value"));
  if (!value) {
    return std::nullopt;
  }
  core::CheckSpec out{.value = value->from};
  out.unit = CompileUnit(check.value().unit(), at.Field("value").Field("unit"));
  out.deadly = check.consequence() == v1::Check::CONSEQUENCE_DEAD;
  CompileRule(check, at, out);
  return out;
}

void CompileLimits(const v1::Watchdog& watchdog, const core::Scope& scope, const FieldPath& at,
                   core::WatchdogSpec& out) {
  const core::DurationExpression::Bounds bounds{.least = milliseconds(50), .most = hours(24)};
  if (!watchdog.within().empty()) {
    out.within = CompileDurationExpression(watchdog.within(), scope, bounds, at.Field("within"));
  } else if (watchdog.check().empty()) {
    at.Field("within").Refuse("required, unless there are checks");
  }
  if (watchdog.degraded_after().empty()) {
    return;
  }
  out.degraded_after = CompileDurationExpression(watchdog.degraded_after(), scope, bounds, at.Field("degraded_after"));
  if (watchdog.within().empty()) {
    at.Field("degraded_after").Refuse("needs within");
  } else if (out.within && out.degraded_after && out.within->constant() && out.degraded_after->constant() &&
             *out.degraded_after->constant() >= *out.within->constant()) {
    at.Field("degraded_after").Refuse("expected less than within");
  }
}

void CompilePer(const v1::Watchdog& watchdog, const FieldPath& at, core::WatchdogSpec& out) {
  if (watchdog.has_per()) {
    if (const auto per = CompileCapture(watchdog.per(), at.Field("per"))) {
      out.per = per->from;
    }
  }
  if (!watchdog.has_gone()) {
    return;
  }
  const FieldPath gone = at.Field("gone");
  if (!watchdog.has_per()) {
    gone.Refuse("only with per");
    return;
  }
  if (!watchdog.gone().has_when()) {
    gone.Field("when").Refuse("required");
    return;
  }
  const std::optional<core::Matcher> when =
      CompileMatcher(watchdog.gone().when(), gone.Field("when"), /*allow_control=*/true);
  const bool has_own = watchdog.gone().has_value();
  const auto own = has_own ? CompileCapture(watchdog.gone().value(), gone.Field("value")) : std::nullopt;
  if (when && (own || (!has_own && out.per))) {
    out.gone = {.when = *when, .value = own ? own->from : *out.per};
  }
}

}  // namespace

void CompileWatchdogs(const v1::SessionSpec& spec, const FieldPath& at, core::SharedSpec& out) {
  if (!CheckCount(at, spec.watchdogs_size(), kMostWatchdogs)) {
    return;
  }
  std::set<std::string_view> taken;
  for (const v1::Beat& beat : spec.beats()) {
    taken.insert(beat.name());
  }
  for (int i = 0; i < spec.watchdogs_size(); ++i) {
    const v1::Watchdog& watchdog = spec.watchdogs(i);
    const FieldPath place = at.At(i);
    CheckBeatName(watchdog.name(), taken, place.Field("name"));
    if (!watchdog.has_when()) {
      place.Field("when").Refuse("required");
      continue;
    }
    const std::optional<core::Matcher> when =
        CompileMatcher(watchdog.when(), place.Field("when"), /*allow_control=*/true);
    core::WatchdogSpec compiled{.name = watchdog.name(), .when = when.value_or(core::Matcher::Anything())};
    CompileLimits(watchdog, out.dialect.scope, place, compiled);
    if (CheckCount(place.Field("check"), watchdog.check_size(), kMostChecks)) {
      for (int c = 0; c < watchdog.check_size(); ++c) {
        if (auto check = CompileCheck(watchdog.check(c), place.Field("check").At(c))) {
          compiled.checks.push_back(*std::move(check));
        }
      }
    }
    CompilePer(watchdog, place, compiled);
    out.dialect.watchdogs.push_back(std::move(compiled));
  }
}

}  // namespace holter::spec
