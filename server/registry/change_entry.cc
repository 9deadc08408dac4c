#include "registry/change_entry.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "spec/convert.h"

namespace holter::registry {
namespace {

constexpr int kBitsPerVerdict = 3;
constexpr uint32_t kVerdictMask = (1U << kBitsPerVerdict) - 1;
constexpr size_t kMostVerdicts = 32 / kBitsPerVerdict;

// Names of the heartbeats in the order of the spec.
std::vector<std::string_view> HeartbeatNames(const core::SharedSpec& spec) {
  std::vector<std::string_view> names;
  if (spec.protocol.active) names.emplace_back("protocol");
  for (const core::BeatSpec& beat : spec.beats) {
    names.emplace_back(beat.name);
  }
  return names;
}

// Around an update the session may still judge by the spec of before; its verdicts are then left out.
uint32_t PackVerdicts(const core::SharedSpec& spec, const std::vector<core::BeatStatus>& beats) {
  const std::vector<std::string_view> names = HeartbeatNames(spec);
  if (!std::equal(names.begin(), names.end(), beats.begin(), beats.end(),
                  [](std::string_view name, const core::BeatStatus& beat) { return name == beat.name; })) {
    return 0;
  }
  uint32_t packed = 0;
  for (size_t i = 0; i < std::min(beats.size(), kMostVerdicts); ++i) {
    packed |= static_cast<uint32_t>(beats[i].verdict) << (kBitsPerVerdict * i);
  }
  return packed;
}

std::vector<core::BeatStatus> UnpackVerdicts(const core::SharedSpec& spec, uint32_t packed) {
  std::vector<core::BeatStatus> beats;
  const std::vector<std::string_view> names = HeartbeatNames(spec);
  for (size_t i = 0; i < std::min(names.size(), kMostVerdicts); ++i) {
    const uint32_t verdict = packed >> (kBitsPerVerdict * i) & kVerdictMask;
    if (verdict == 0) continue;
    core::BeatStatus& beat = beats.emplace_back();
    beat.name = names[i];
    beat.verdict = static_cast<core::Verdict>(verdict);
  }
  return beats;
}

WallTime ToWall(const Moment& now, const std::optional<TimePoint>& time) {
  return time.has_value() ? now.ToWall(*time) : kNoTime;
}

// Times of the log are of the calendar; StatusToProto wants steady ones and any moment at which both are known. One at
// which they are equal does.
TimePoint AsSteady(WallTime time) { return TimePoint(time.time_since_epoch()); }

std::optional<TimePoint> AsSteadyIfAny(WallTime time) {
  if (time == kNoTime) return std::nullopt;
  return AsSteady(time);
}

void StatusToProto(const ChangeEntry& entry, v1::SessionStatus* out) {
  core::SessionStatus status;
  status.state = entry.state;
  status.health = entry.health;
  status.reason = entry.reason;
  status.path = entry.path;
  if (entry.detail != nullptr) status.detail = entry.detail->text;
  status.state_since = AsSteady(entry.state_since);
  status.health_since = AsSteady(entry.health_since);
  status.last_alive = AsSteadyIfAny(entry.last_alive);
  status.next_attempt = AsSteadyIfAny(entry.next_attempt);
  status.attempts = entry.attempts;
  status.beats = UnpackVerdicts(*entry.record->declaration.spec->shared, entry.verdicts);
  spec::StatusToProto(status, AsSteady(entry.at), entry.at, out);
  out->clear_traffic();
}

}  // namespace

core::SessionStatus InitialStatus(const SessionRecord& record, const Moment& now) {
  core::SessionStatus status;
  if (record.declaration.paused) {
    status.state = core::State::kPaused;
    status.reason = core::Reason::kOperator;
  }
  status.state_since = now.steady - (now.wall - record.create_time);
  status.health_since = status.state_since;
  return status;
}

std::shared_ptr<const DetailText> ChangeEntryBuilder::Share(const std::string& detail) {
  if (detail.empty()) return nullptr;
  return details_.Intern(DetailText{detail});
}

ChangeEntry ChangeEntryBuilder::OfDeclaration(v1::SessionChange::Kind kind, RecordPtr record,
                                              const core::SessionStatus* status, const Moment& now) {
  const core::SessionStatus& known = status != nullptr ? *status : InitialStatus(*record, now);
  ChangeEntry entry;
  entry.at = now.wall;
  entry.kind = kind;
  entry.detail = Share(known.detail);
  entry.state_since = now.ToWall(known.state_since);
  entry.health_since = now.ToWall(known.health_since);
  entry.last_alive = ToWall(now, known.last_alive);
  entry.next_attempt = ToWall(now, known.next_attempt);
  entry.attempts = known.attempts;
  entry.verdicts = PackVerdicts(*record->declaration.spec->shared, known.beats);
  entry.state = known.state;
  entry.health = known.health;
  entry.reason = known.reason;
  entry.path = known.path;
  entry.record = std::move(record);
  return entry;
}

ChangeEntry ChangeEntryBuilder::OfTransition(RecordPtr record, const core::Transition& transition,
                                             const core::SessionStatus* status, const Moment& now) {
  const WallTime at = now.ToWall(transition.at);
  ChangeEntry entry;
  entry.at = entry.state_since = entry.health_since = at;
  entry.detail = Share(transition.detail);
  entry.next_attempt = ToWall(now, transition.next_attempt);
  entry.attempts = transition.attempts;
  entry.state = transition.state;
  entry.health = transition.health;
  entry.reason = transition.reason;
  entry.path = transition.path;
  if (status != nullptr) {
    if (transition.state == transition.from_state) entry.state_since = now.ToWall(status->state_since);
    if (transition.health == transition.from_health) entry.health_since = now.ToWall(status->health_since);
    entry.last_alive = ToWall(now, status->last_alive);
    entry.verdicts = PackVerdicts(*record->declaration.spec->shared, status->beats);
  }
  entry.record = std::move(record);
  return entry;
}

void ToProto(const ChangeEntry& entry, v1::SessionChange* out) {
  out->set_kind(entry.kind);
  *out->mutable_time() = ToTimestamp(entry.at);
  v1::Session* session = out->mutable_session();
  if (entry.kind == v1::SessionChange::KIND_DECLARED) {
    DeclarationToProto(*entry.record, session);
    StatusToProto(entry, session->mutable_status());
    return;
  }
  session->set_name(entry.record->Name());
  session->set_uid(FormatUid(entry.record->uid));
  if (entry.kind != v1::SessionChange::KIND_TRANSITION) return;
  const SessionTraits& traits = *entry.record->declaration.traits;
  for (const auto& [key, value] : traits.labels) {
    (*session->mutable_labels())[key] = value;
  }
  session->set_group(traits.group);
  StatusToProto(entry, session->mutable_status());
}

}  // namespace holter::registry
