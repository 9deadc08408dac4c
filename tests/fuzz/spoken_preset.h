// Presets for fuzz targets: compiled as a session of theirs, with what their transcripts let the peer say.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "core/inbound_message.h"
#include "core/matcher.h"
#include "core/message_template.h"
#include "core/session_spec.h"
#include "holter/v1/preset_service.pb.h"
#include "spec/capture.h"
#include "tests/presets/packing.h"

namespace holter::fuzz {

// Immutable; shared by all inputs.
class SpokenPreset {
 public:
  // Aborts when the preset does not compile: presets_test says why.
  explicit SpokenPreset(v1::Preset preset);

  // Those of the binary by name, then those of `OwnPresets`; compiled when they are asked for first. Any number is one.
  static const SpokenPreset& At(size_t index);
  static size_t Count();

  const core::SessionSpec& session() const { return session_; }
  const v1::Preset& preset() const { return preset_; }
  size_t peer_lines() const { return peer_lines_.size(); }

 private:
  friend class Conversation;

  struct PeerLine {
    core::MessageTemplate message;
    v1::Compression packed = v1::COMPRESSION_UNSPECIFIED;
    bool is_ping = false;
  };
  struct HolterLine {
    core::Matcher matcher;
    std::vector<std::pair<size_t, core::Extractor>> captures;
  };

  void CompileScope();
  void CompileLine(const v1::TranscriptLine& line);

  v1::Preset preset_;
  std::map<std::string, std::string> parameters_;
  core::SessionSpec session_;
  core::Scope scope_;  // parameters, and what lines capture
  std::vector<PeerLine> peer_lines_;
  std::vector<HolterLine> holter_lines_;
};

// What the peer of one connection has heard, so that its lines fit.
class Conversation {
 public:
  struct Message {
    core::InboundKind kind = core::InboundKind::kText;
    std::string payload;
  };

  explicit Conversation(const SpokenPreset& preset);

  // Holter has said it.
  void Hear(core::InboundKind kind, std::string_view payload);
  // The peer's line of that number; there is one.
  Message Say(size_t line);

 private:
  const SpokenPreset* preset_;
  core::ValueStore values_;
  presets::Packer packer_;
  Random random_{1};
  uint64_t said_ = 0;
};

// Dialects that no preset speaks, so that every part of the language is in some.
std::vector<v1::Preset> OwnPresets();

}  // namespace holter::fuzz
