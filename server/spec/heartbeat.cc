#include "spec/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "spec/enum_words.h"
#include "spec/message.h"

namespace holter::spec {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr int kMostBeats = 8;
constexpr int kMostMisses = 100;
constexpr size_t kLongestBeatName = 31;
constexpr size_t kLongestPing = 125;  // RFC 6455 section 5.5
constexpr std::string_view kProtocolName = "protocol";

// ProtocolHeartbeat and Beat alike; `out` holds the defaults.
template <typename Heartbeat>
void CompileCadence(const Heartbeat& heartbeat, const FieldPath& at, core::Cadence& out) {
  ReadDuration(at.Field("interval"), heartbeat.interval(), milliseconds(50), hours(24), out.interval);
  ReadDuration(at.Field("timeout"), heartbeat.timeout(), milliseconds(10), hours(1), out.timeout);
  ReadDuration(at.Field("first_delay"), heartbeat.first_delay(), Duration::zero(), hours(24), out.first_delay);
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

void CheckBeatName(const std::string& name, std::set<std::string_view>& taken, const FieldPath& at) {
  if (!IsBeatName(name)) {
    at.Refuse(fmt::format("expected [a-z][a-z0-9-]{{0,30}}, got {}", Quoted(name)));
  } else if (name == kProtocolName) {
    at.Refuse("\"protocol\" is the name of the protocol heartbeat");
  } else if (!taken.insert(name).second) {
    at.Refuse(fmt::format("{} is the name of another beat", Quoted(name)));
  }
}

core::BeatSpec CompileBeat(const v1::Beat& beat, const FieldPath& at) {
  core::BeatSpec out;
  out.name = beat.name();
  CompileCadence(beat, at, out.cadence);
  std::optional<core::MessageTemplate> send;
  if (beat.has_send()) {
    send = CompileTemplate(beat.send(), at.Field("send"));
  } else {
    at.Field("send").Refuse("required");
  }
  if (beat.has_expect()) {
    out.expect = CompileMatcher(beat.expect(), at.Field("expect"));
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

void CompileProtocolHeartbeat(const v1::ProtocolHeartbeat& heartbeat, const FieldPath& at,
                              core::ProtocolHeartbeatSpec& out) {
  CheckEnum(at.Field("mode"), *v1::ProtocolHeartbeat::Mode_descriptor(), heartbeat.mode());
  CheckEnum(at.Field("answer"), *v1::ProtocolHeartbeat::Answer_descriptor(), heartbeat.answer());
  CompileCadence(heartbeat, at, out.cadence);
  out.active = heartbeat.mode() != v1::ProtocolHeartbeat::MODE_OFF;
  out.payload = CompilePayload(heartbeat.payload(), at.Field("payload"));
  out.answer = RuleOf(heartbeat.answer());
}

void CompileBeats(const google::protobuf::RepeatedPtrField<v1::Beat>& beats, const FieldPath& at,
                  std::vector<core::BeatSpec>& out) {
  if (!CheckCount(at, beats.size(), kMostBeats)) {
    return;
  }
  std::set<std::string_view> taken;
  for (int i = 0; i < beats.size(); ++i) {
    CheckBeatName(beats[i].name(), taken, at.At(i).Field("name"));
    out.push_back(CompileBeat(beats[i], at.At(i)));
  }
}

}  // namespace holter::spec
