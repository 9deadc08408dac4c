#include "spec/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "spec/correlation.h"
#include "spec/duration.h"
#include "spec/enum_words.h"
#include "spec/matcher.h"
#include "spec/template.h"

namespace holter::spec {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr int kMostBeats = 8;
constexpr int kMostMisses = 100;
constexpr int kMostOutstanding = 128;  // as many as a BeatRing keeps
constexpr int kMostRetries = 8;
constexpr size_t kLongestBeatName = 31;
constexpr size_t kLongestPing = 125;  // RFC 6455 section 5.5
constexpr std::string_view kProtocolName = "protocol";

// What is declared, or nothing for the default.
std::optional<core::DurationExpression> ReadExpression(const std::string& text, const core::Scope& scope,
                                                       const core::DurationExpression::Bounds& bounds,
                                                       const FieldPath& at) {
  if (text.empty()) {
    return std::nullopt;
  }
  return CompileDurationExpression(text, scope, bounds, at);
}

void Keep(const std::optional<core::DurationExpression>& declared, Duration& constant,
          core::DurationExpression& expression) {
  if (!declared) {
    expression = core::DurationExpression::Constant(constant);
    return;
  }
  expression = *declared;
  constant = declared->constant().value_or(constant);
}

// ProtocolHeartbeat and Beat alike; `out` holds the defaults.
template <typename Heartbeat>
void CompileCadence(const Heartbeat& heartbeat, const core::Scope& scope, const FieldPath& at, core::Cadence& out,
                    std::optional<core::ComputedCadence>& computed) {
  const auto interval =
      ReadExpression(heartbeat.interval(), scope, {.least = milliseconds(50), .most = hours(24)}, at.Field("interval"));
  const auto timeout =
      ReadExpression(heartbeat.timeout(), scope,
                     {.least = milliseconds(10), .most = hours(1), .may_use_interval = true}, at.Field("timeout"));
  const auto first = ReadExpression(heartbeat.first_delay(), scope, {.most = hours(24), .may_use_interval = true},
                                    at.Field("first_delay"));
  core::ComputedCadence expressions;
  Keep(interval, out.interval, expressions.interval);
  Keep(timeout, out.timeout, expressions.timeout);
  Keep(first, out.first_delay, expressions.first_delay);
  if (!expressions.interval.constant() || !expressions.timeout.constant() || !expressions.first_delay.constant()) {
    computed = expressions;
  }
  if (expressions.first_delay.random()) {
    out.spread = false;  // the first beat is spread already
  }
  ReadInteger(at.Field("misses_allowed"), heartbeat.misses_allowed(), 0, kMostMisses, out.misses_allowed);
}

core::MessageTemplate CompilePayload(const std::string& payload, const FieldPath& at) {
  absl::StatusOr<core::MessageTemplate> made = core::MessageTemplate::FromText(payload.empty() ? "${seq}" : payload);
  if (!made.ok()) {
    at.Refuse(std::string(made.status().message()));
    return {};
  }
  if (made->MaxSize() > kLongestPing) {
    at.Refuse(fmt::format("expected at most {} bytes after expansion, got up to {}", kLongestPing, made->MaxSize()));
  }
  return *std::move(made);
}

core::PongRule RuleOf(v1::ProtocolHeartbeat::Answer answer) {
  switch (answer) {
    case v1::ProtocolHeartbeat::ANSWER_ANY_PONG:
      return core::PongRule::kAnyPong;
    case v1::ProtocolHeartbeat::ANSWER_ANY_INBOUND:
      return core::PongRule::kAnyInbound;
    default:
      return core::PongRule::kExactEcho;
  }
}

bool IsBeatName(std::string_view name) {
  constexpr auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= kLongestBeatName && is_lower(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '-'; });
}

core::CadenceMode ModeOf(v1::Beat::Cadence cadence) {
  switch (cadence) {
    case v1::Beat::CADENCE_IDLE_SENT:
      return core::CadenceMode::kIdleSent;
    case v1::Beat::CADENCE_IDLE_RECEIVED:
      return core::CadenceMode::kIdleReceived;
    case v1::Beat::CADENCE_IDLE:
      return core::CadenceMode::kIdle;
    case v1::Beat::CADENCE_AFTER_ANSWER:
      return core::CadenceMode::kAfterAnswer;
    default:
      return core::CadenceMode::kFixed;
  }
}

// What only an application's beat has.
void CompilePace(const v1::Beat& beat, const FieldPath& at, core::Cadence& out) {
  CheckEnum(at.Field("cadence"), *v1::Beat::Cadence_descriptor(), beat.cadence());
  out.mode = ModeOf(beat.cadence());
  out.spread = out.spread && out.mode == core::CadenceMode::kFixed;
  if (beat.max_outstanding() != 0) {
    ReadInteger(at.Field("max_outstanding"), beat.max_outstanding(), 1, kMostOutstanding, out.max_outstanding);
  }
  if (!CheckCount(at.Field("retries"), beat.retries_size(), kMostRetries)) {
    return;
  }
  for (int i = 0; i < beat.retries_size(); ++i) {
    Duration retry{};
    ReadDuration(at.Field("retries").At(i), beat.retries(i), milliseconds(10), hours(1), retry);
    if (beat.retries(i).empty()) {
      at.Field("retries").At(i).Refuse("expected a duration");
    }
    out.retries.push_back(retry);
  }
  if (beat.retries_size() > 0 && !beat.has_expect()) {
    at.Field("retries").Refuse("needs expect");
  }
}

core::BeatSpec CompileBeat(const v1::Beat& beat, const core::Scope& scope, const FieldPath& at) {
  core::BeatSpec out;
  out.name = beat.name();
  CompileCadence(beat, scope, at, out.cadence, out.computed);
  CompilePace(beat, at, out.cadence);
  std::optional<core::MessageTemplate> send;
  if (beat.has_send()) {
    send = CompileTemplate(beat.send(), {.scope = &scope, .signs = true}, at.Field("send"));
  } else {
    at.Field("send").Refuse("required");
  }
  if (beat.has_expect()) {
    out.expect = CompileMatcher(beat.expect(), at.Field("expect"));
  }
  if (beat.has_refused()) {
    out.refused = CompileMatcher(beat.refused(), at.Field("refused"));
  }
  if (beat.has_correlate() && !beat.has_expect()) {
    at.Field("correlate").Refuse("needs expect");
  } else if (beat.has_correlate()) {
    out.correlate = CompileCorrelation(beat, send, out.expect, at.Field("correlate"));
  }
  if (send) {
    out.send = *std::move(send);
  }
  return out;
}

}  // namespace

void CheckBeatName(const std::string& name, std::set<std::string_view>& taken, const FieldPath& at) {
  if (!IsBeatName(name)) {
    at.Refuse(fmt::format("expected [a-z][a-z0-9-]{{0,30}}, got {}", Quoted(name)));
  } else if (name == kProtocolName) {
    at.Refuse("\"protocol\" is the name of the protocol heartbeat");
  } else if (!taken.insert(name).second) {
    at.Refuse(fmt::format("{} is the name of another beat or watchdog", Quoted(name)));
  }
}

void CompileProtocolHeartbeat(const v1::ProtocolHeartbeat& heartbeat, const FieldPath& at, const core::Scope& scope,
                              core::ProtocolHeartbeatSpec& out) {
  CheckEnum(at.Field("mode"), *v1::ProtocolHeartbeat::Mode_descriptor(), heartbeat.mode());
  CheckEnum(at.Field("answer"), *v1::ProtocolHeartbeat::Answer_descriptor(), heartbeat.answer());
  CompileCadence(heartbeat, scope, at, out.cadence, out.computed);
  out.active = heartbeat.mode() != v1::ProtocolHeartbeat::MODE_OFF;
  out.payload = CompilePayload(heartbeat.payload(), at.Field("payload"));
  out.answer = RuleOf(heartbeat.answer());
}

void CompileBeats(const google::protobuf::RepeatedPtrField<v1::Beat>& beats, const FieldPath& at,
                  core::SharedSpec& out) {
  if (!CheckCount(at, beats.size(), kMostBeats)) {
    return;
  }
  std::set<std::string_view> taken;
  for (int i = 0; i < beats.size(); ++i) {
    CheckBeatName(beats[i].name(), taken, at.At(i).Field("name"));
    out.beats.push_back(CompileBeat(beats[i], out.dialect.scope, at.At(i)));
    out.dialect.idles = out.dialect.idles || (out.beats.back().cadence.mode != core::CadenceMode::kFixed &&
                                              out.beats.back().cadence.mode != core::CadenceMode::kAfterAnswer);
  }
}

}  // namespace holter::spec
