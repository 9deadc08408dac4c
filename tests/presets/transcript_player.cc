#include "tests/presets/transcript_player.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/duration_text.h"
#include "base/json_text.h"
#include "base/secret.h"
#include "spec/capture.h"
#include "spec/convert.h"
#include "spec/matcher.h"
#include "spec/preset_merge.h"
#include "spec/template.h"

namespace holter::presets {
namespace {

std::string Joined(const std::vector<FieldViolation>& violations) {
  std::string text;
  for (const FieldViolation& violation : violations) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", violation.field, violation.description);
  }
  return text;
}

std::string Shown(std::string_view payload) {
  std::string text;
  AppendJsonString(payload, text);
  return text;
}

// Each is its own name.
class NamedSecrets final : public SecretSource {
 public:
  absl::StatusOr<Secret> Read(std::string_view reference) const override { return Secret(std::string(reference)); }
};

std::vector<std::pair<size_t, Secret>> SecretsOf(const core::SessionSpec& spec) {
  std::vector<std::pair<size_t, Secret>> secrets;
  const auto read = [&](const core::ParameterList& list) {
    for (const core::ParameterValue& value : list) {
      if (value.secret) secrets.emplace_back(value.slot, *ExpandSecrets(value.text, NamedSecrets()));
    }
  };
  read(spec.shared->dialect.secrets);
  if (spec.parameters != nullptr) read(*spec.parameters);
  return secrets;
}

core::InboundKind KindOf(core::FrameKind kind) {
  switch (kind) {
    case core::FrameKind::kText:
      return core::InboundKind::kText;
    case core::FrameKind::kBinary:
      return core::InboundKind::kBinary;
    case core::FrameKind::kPong:
      break;
  }
  return core::InboundKind::kPong;
}

}  // namespace

v1::SessionSpec TranscriptPlayer::ExampleSession(const v1::Preset& preset) {
  v1::SessionSpec spec;
  spec.set_preset(preset.name());
  for (const v1::PresetParameter& parameter : preset.parameters()) {
    if (!parameter.has_default_value()) (*spec.mutable_parameters())[parameter.name()] = parameter.example();
  }
  if (preset.spec().url().empty()) spec.set_url("wss://peer.example.org/");
  return spec;
}

TranscriptPlayer::TranscriptPlayer(const v1::Preset& preset, uint64_t seed) : preset_(preset), random_(seed) {}

std::string TranscriptPlayer::Play() {
  if (std::string wrong = Compile(); !wrong.empty()) return wrong;
  Open();
  for (int i = 0; i < preset_.transcript_size(); ++i) {
    if (std::string wrong = PlayLine(preset_.transcript(i)); !wrong.empty()) {
      return fmt::format("transcript[{}]: {}", i, wrong);
    }
  }
  return "";
}

std::string TranscriptPlayer::Compile() {
  std::vector<FieldViolation> violations;
  const spec::FieldPath at("spec", violations);
  std::optional<v1::SessionSpec> spec = spec::Complete(ExampleSession(preset_), preset_, at);
  if (!spec.has_value()) return Joined(violations);
  spec->mutable_reconnect()->set_first_delay("1h");
  spec->mutable_reconnect()->set_max_delay("2h");
  spec->mutable_reconnect()->set_jitter(0);
  const absl::StatusOr<core::SessionSpec> compiled = spec::Compile(*spec, "spec", nullptr);
  if (!compiled.ok()) return std::string(compiled.status().message());
  std::set<std::string> names;
  for (const auto& [name, value] : spec->parameters()) names.insert(name);
  for (const v1::TranscriptLine& line : preset_.transcript()) {
    for (const auto& [name, capture] : line.capture()) names.insert(name);
  }
  for (const std::string& name : names) {
    if (const auto slot = scope_.Add(name, core::Origin::kCapture); !slot.ok())
      return std::string(slot.status().message());
  }
  values_ = core::ValueStore(scope_.size());
  for (const auto& [name, value] : spec->parameters()) {
    values_.Set(*scope_.Find(name), core::Value::Kind::kText, value);
  }
  spec_ = *compiled;
  return "";
}

void TranscriptPlayer::Open() {
  said_.clear();
  packer_ = Packer();
  machine_ = std::make_unique<core::SessionMachine>(spec_.shared, tick_.now, &random_, false, spec_.parameters);
  machine_->Start(tick_, actions_);
  Act();
  machine_->OnOpened(tick_, {.peer_address = "192.0.2.1:443", .secrets = SecretsOf(spec_)}, actions_);
  Act();
}

std::string TranscriptPlayer::PlayLine(const v1::TranscriptLine& line) {
  Duration after{};
  if (std::string wrong = Pass(line.after(), after); !wrong.empty()) return "after: " + wrong;
  RunUntil(tick_.now + after, [] { return false; });
  if (line.has_peer() || line.peer_close() != 0) return PlayPeer(line);
  if (line.has_holter()) return PlayHolter(line);
  if (line.has_expect()) return CheckExpectation(line.expect());
  if (!line.peer_opens()) return "expected one of peer, peer_close, holter, expect, peer_opens";
  if (machine_->state() == core::State::kOpen) return "the connection before has not ended";
  Open();
  return "";
}

std::string TranscriptPlayer::Pass(std::string_view text, Duration& out) const {
  if (text.empty()) return "";
  const absl::StatusOr<Duration> parsed = ParseDuration(text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  out = *parsed;
  return "";
}

std::string TranscriptPlayer::PlayPeer(const v1::TranscriptLine& line) {
  std::erase_if(said_, [](const Said& said) { return said.kind == core::InboundKind::kPing; });
  if (!said_.empty()) return fmt::format("before it Holter said {}", Shown(said_.front().payload));
  if (machine_->state() != core::State::kOpen) return "the connection has ended: " + StateWords();
  if (line.peer_close() != 0) {
    const bool is_abrupt = line.peer_close() == 1006;
    machine_->OnClosed(tick_,
                       {.reason = is_abrupt ? core::Reason::kPeerReset : core::Reason::kPeerClosed,
                        .code = is_abrupt ? uint16_t{0} : static_cast<uint16_t>(line.peer_close()),
                        .detail = "the transcript says so"},
                       actions_);
    Act();
    return "";
  }
  v1::MessageTemplate message = line.peer();
  const bool is_ping = message.frame() == v1::FRAME_PING;
  if (is_ping) message.clear_frame();
  std::vector<FieldViolation> violations;
  const auto compiled = spec::CompileTemplate(message, {.scope = &scope_}, spec::FieldPath("peer", violations));
  if (!compiled.has_value()) return Joined(violations);
  const core::BeatVariables variables =
      core::DrawVariables(++peer_lines_, tick_.wall, compiled->NeedsRandom(), random_);
  const core::TemplateInput input{.variables = &variables, .values = &values_};
  std::string payload;
  compiled->Expand(input, payload);
  core::FrameKind kind = compiled->KindFor(input);
  if (line.packed() != v1::COMPRESSION_UNSPECIFIED) {
    payload = packer_.Pack(line.packed(), payload);
    kind = core::FrameKind::kBinary;
  }
  machine_->OnInbound(tick_, payload.size(), actions_);
  if (is_ping) {
    machine_->OnPing(tick_, payload, actions_);
  } else if (kind == core::FrameKind::kPong) {
    machine_->OnPong(tick_, payload, actions_);
  } else {
    machine_->OnMessage(tick_, kind, payload, actions_);
  }
  Act();
  return "";
}

std::string TranscriptPlayer::PlayHolter(const v1::TranscriptLine& line) {
  Duration within{};
  if (std::string wrong = Pass(line.within(), within); !wrong.empty()) return "within: " + wrong;
  const bool wants_pings = line.holter().frame() == v1::FRAME_PING;
  const auto pass_pings = [&] {
    while (!wants_pings && !said_.empty() && said_.front().kind == core::InboundKind::kPing) said_.pop_front();
    return !said_.empty();
  };
  if (!pass_pings()) RunUntil(tick_.now + within, pass_pings);
  if (said_.empty()) {
    return fmt::format("Holter said nothing within {}; {}", FormatDuration(within), StateWords());
  }
  std::vector<FieldViolation> violations;
  const auto matcher =
      spec::CompileMatcher(line.holter(), spec::FieldPath("holter", violations), /*allow_control=*/true);
  if (!matcher.has_value()) return Joined(violations);
  const Said said = std::move(said_.front());
  said_.pop_front();
  const core::InboundMessage message(said.kind, said.payload);
  if (!matcher->Matches(message)) {
    return fmt::format("Holter said {}, which does not match {}", Shown(said.payload),
                       line.holter().ShortDebugString());
  }
  return TakeCaptures(line, message);
}

std::string TranscriptPlayer::TakeCaptures(const v1::TranscriptLine& line, const core::InboundMessage& message) {
  for (const auto& [name, capture] : line.capture()) {
    std::vector<FieldViolation> violations;
    const auto compiled = spec::CompileCapture(capture, spec::FieldPath("capture", violations).Key(name));
    if (!compiled.has_value()) return Joined(violations);
    core::Value value;
    if (!compiled->from.Extract(message, value)) return fmt::format("nothing to capture as {}", name);
    values_.Set(*scope_.Find(name), value.kind, value.text);
  }
  return "";
}

std::string TranscriptPlayer::CheckExpectation(const v1::Expectation& expected) {
  if (std::string wrong = WhatIsNotSo(expected); !wrong.empty()) return wrong;
  Duration quiet{};
  if (std::string wrong = Pass(expected.quiet_for(), quiet); !wrong.empty()) return "quiet_for: " + wrong;
  const size_t before = ever_said_;
  std::string changed;
  RunUntil(tick_.now + quiet, [&] {
    changed = WhatIsNotSo(expected);
    return ever_said_ != before || !changed.empty();
  });
  if (ever_said_ == before) return changed;
  const auto last = std::find_if(said_.rbegin(), said_.rend(),
                                 [](const Said& said) { return said.kind != core::InboundKind::kPing; });
  return fmt::format("Holter said {} where it should be quiet", Shown(last->payload));
}

std::string TranscriptPlayer::WhatIsNotSo(const v1::Expectation& expected) const {
  const core::SessionStatus status = machine_->Snapshot();
  const auto differs = [](auto wanted, auto got) { return wanted != 0 && wanted != got; };
  if (differs(expected.state(), spec::ToProto(status.state)) ||
      differs(expected.health(), spec::ToProto(status.health)) ||
      differs(expected.reason(), spec::ToProto(status.reason))) {
    return fmt::format("expected {}, got {}", expected.ShortDebugString(), StateWords());
  }
  return "";
}

std::string TranscriptPlayer::StateWords() const {
  const core::SessionStatus status = machine_->Snapshot();
  return fmt::format("{}, {}, reason {}{}{}", core::Word(status.state), core::Word(status.health),
                     core::Word(status.reason), status.detail.empty() ? "" : ": ", status.detail);
}

template <typename Stop>
void TranscriptPlayer::RunUntil(TimePoint end, const Stop& stop) {
  while (!stop()) {
    const TimePoint next = machine_->NextDeadline();
    if (next > end) {
      tick_.wall += end - tick_.now;
      tick_.now = end;
      return;
    }
    if (next > tick_.now) {
      tick_.wall += next - tick_.now;
      tick_.now = next;
    }
    machine_->OnTimer(tick_, {}, actions_);
    Act();
  }
}

void TranscriptPlayer::Act() {
  // An answer to a ping may bring more to do.
  while (!actions_.empty()) {
    for (core::Action& action : std::exchange(actions_, {})) {
      if (auto* const send = std::get_if<core::SendAction>(&action)) {
        said_.push_back({.kind = KindOf(send->kind), .payload = std::move(send->payload)});
        ++ever_said_;
      } else if (auto* const ping = std::get_if<core::PingAction>(&action)) {
        machine_->OnInbound(tick_, ping->payload.size(), actions_);
        machine_->OnPong(tick_, ping->payload, actions_);
        said_.push_back({.kind = core::InboundKind::kPing, .payload = std::move(ping->payload)});
      }
    }
  }
}

}  // namespace holter::presets
