#include "tests/fuzz/spoken_preset.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <set>

#include "base/clock.h"
#include "core/variable.h"
#include "spec/convert.h"
#include "spec/matcher.h"
#include "spec/preset_catalog.h"
#include "spec/preset_merge.h"
#include "spec/template.h"
#include "tests/presets/transcript_player.h"

namespace holter::fuzz {
namespace {

[[noreturn]] void Fail(std::string_view preset, std::string_view why) {
  fmt::print(stderr, "{}: {}\n", preset, why);
  std::abort();
}

core::InboundKind KindOf(core::FrameKind kind) {
  return kind == core::FrameKind::kBinary ? core::InboundKind::kBinary : core::InboundKind::kText;
}

}  // namespace

SpokenPreset::SpokenPreset(v1::Preset preset) : preset_(std::move(preset)) {
  std::vector<FieldViolation> violations;
  const v1::SessionSpec example = presets::TranscriptPlayer::ExampleSession(preset_);
  const std::optional<v1::SessionSpec> spec = spec::Complete(example, preset_, spec::FieldPath("spec", violations));
  if (!spec) Fail(preset_.name(), violations[0].field + ": " + violations[0].description);
  absl::StatusOr<core::SessionSpec> compiled = spec::Compile(*spec, "spec", nullptr);
  if (!compiled.ok()) Fail(preset_.name(), std::string(compiled.status().message()));
  session_ = *std::move(compiled);
  parameters_.insert(spec->parameters().begin(), spec->parameters().end());
  CompileScope();
  for (const v1::TranscriptLine& line : preset_.transcript()) CompileLine(line);
}

void SpokenPreset::CompileScope() {
  std::set<std::string> names;
  for (const auto& [name, value] : parameters_) names.insert(name);
  for (const v1::TranscriptLine& line : preset_.transcript()) {
    for (const auto& [name, capture] : line.capture()) names.insert(name);
  }
  for (const std::string& name : names) {
    if (!scope_.Add(name, core::Origin::kCapture).ok()) Fail(preset_.name(), name);
  }
}

void SpokenPreset::CompileLine(const v1::TranscriptLine& line) {
  std::vector<FieldViolation> violations;
  const spec::FieldPath at("line", violations);
  const auto need = [&](auto made) {
    if (!made) Fail(preset_.name(), violations[0].description);
    return *std::move(made);
  };
  if (line.has_peer()) {
    v1::MessageTemplate message = line.peer();
    const bool is_ping = message.frame() == v1::FRAME_PING;
    if (is_ping) message.clear_frame();
    peer_lines_.push_back({.message = need(spec::CompileTemplate(message, {.scope = &scope_}, at)),
                           .packed = line.packed(),
                           .is_ping = is_ping});
  }
  if (!line.has_holter()) return;
  HolterLine compiled{.matcher = need(spec::CompileMatcher(line.holter(), at, /*allow_control=*/true)), .captures = {}};
  for (const auto& [name, capture] : line.capture()) {
    compiled.captures.emplace_back(*scope_.Find(name), need(spec::CompileCapture(capture, at)).from);
  }
  holter_lines_.push_back(std::move(compiled));
}

size_t SpokenPreset::Count() {
  static const size_t kCount = spec::PresetCatalog::Embedded().Names().size() + OwnPresets().size();
  return kCount;
}

const SpokenPreset& SpokenPreset::At(size_t index) {
  static std::vector<std::unique_ptr<const SpokenPreset>> known(Count());
  index %= known.size();
  if (known[index] != nullptr) return *known[index];
  const std::vector<std::string_view> names = spec::PresetCatalog::Embedded().Names();
  if (index < names.size()) {
    known[index] = std::make_unique<const SpokenPreset>(**spec::PresetCatalog::Embedded().Find(names[index]));
  } else {
    known[index] = std::make_unique<const SpokenPreset>(OwnPresets()[index - names.size()]);
  }
  return *known[index];
}

Conversation::Conversation(const SpokenPreset& preset) : preset_(&preset), values_(preset.scope_.size()) {
  for (const auto& [name, text] : preset.parameters_) {
    values_.Set(*preset.scope_.Find(name), core::Value::Kind::kText, text);
  }
}

void Conversation::Hear(core::InboundKind kind, std::string_view payload) {
  const core::InboundMessage message(kind, payload);
  core::Value value;
  for (const SpokenPreset::HolterLine& line : preset_->holter_lines_) {
    if (!line.matcher.Matches(message)) continue;
    for (const auto& [slot, from] : line.captures) {
      if (from.Extract(message, value)) values_.Set(slot, value.kind, value.text);
    }
  }
}

Conversation::Message Conversation::Say(size_t number) {
  const SpokenPreset::PeerLine& line = preset_->peer_lines_[number % preset_->peer_lines_.size()];
  const core::BeatVariables variables =
      core::DrawVariables(++said_, WallTime(std::chrono::seconds(1700000000)), line.message.NeedsRandom(), random_);
  const core::TemplateInput input{.variables = &variables, .values = &values_};
  Message message;
  line.message.Expand(input, message.payload);
  message.kind = line.is_ping ? core::InboundKind::kPing : KindOf(line.message.KindFor(input));
  if (line.packed == v1::COMPRESSION_UNSPECIFIED) return message;
  return {.kind = core::InboundKind::kBinary, .payload = packer_.Pack(line.packed, message.payload)};
}

}  // namespace holter::fuzz
