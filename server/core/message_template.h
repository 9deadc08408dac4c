// A message to send with places for variables, compiled once and shared by all sessions that use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/inbound_message.h"
#include "core/scope.h"
#include "core/value.h"
#include "core/variable.h"

namespace holter::core {

// Kind of a data frame (RFC 6455 section 5.6), or a pong that nobody asked for.
enum class FrameKind : uint8_t { kText, kBinary, kPong };

// What a template may speak of besides the built-in variables.
struct TemplateContext {
  const Scope* scope = nullptr;
  bool answers = false;  // ${message…} stands for what is answered
};

// What one expansion takes its values from.
struct TemplateInput {
  const BeatVariables* variables = nullptr;
  const ValueStore* values = nullptr;        // may be null when the template uses none
  const InboundMessage* question = nullptr;  // of an answer
};

struct TemplateProgram;

// Immutable; any thread; cheap to copy.
class MessageTemplate {
 public:
  // An empty text.
  MessageTemplate() = default;

  // INVALID_ARGUMENT names an unknown variable and says what is known.
  static absl::StatusOr<MessageTemplate> FromText(std::string_view text, const TemplateContext& context = {});
  // JSON text in which a string that is just "${name}" stands for the raw token (numbers stay numbers, captured strings
  // are quoted, no value is null), a member whose value is just "${name?}" is left out without a value; inside longer
  // strings variables are text. Written compactly.
  static absl::StatusOr<MessageTemplate> FromJson(std::string_view json, const TemplateContext& context = {});
  // The language of MessageTemplate.bytes in heartbeat.proto. Gives a binary frame.
  static absl::StatusOr<MessageTemplate> FromBytes(std::string_view bytes, const TemplateContext& context = {});
  // The question itself, the first match of `regex` replaced by `with`; an empty regex replaces nothing. In a frame of
  // the question's kind.
  static absl::StatusOr<MessageTemplate> Echo(std::string_view regex, std::string_view with);

  // The same message in a frame of another kind.
  MessageTemplate As(FrameKind kind) const;

  FrameKind KindFor(const TemplateInput& input) const;
  bool Uses(Variable variable) const;
  // uuid or hex_id.
  bool NeedsRandom() const { return Uses(Variable::kUuid) || Uses(Variable::kHexId); }
  // One bit for each slot of the scope that it uses.
  uint64_t slots() const;
  // Upper bound of an expansion's size; SIZE_MAX when it depends on values.
  size_t MaxSize() const;
  // Appends the expansion to `out`. A variable without value and default is nothing (null in JSON).
  void Expand(const TemplateInput& input, std::string& out) const;

  // Same kind, literals and variables.
  friend bool operator==(const MessageTemplate& a, const MessageTemplate& b);

 private:
  MessageTemplate(FrameKind kind, TemplateProgram program);

  FrameKind kind_ = FrameKind::kText;
  bool kind_of_question_ = false;
  std::shared_ptr<const TemplateProgram> program_;  // null: empty
};

// Decodes "10 0a FF". INVALID_ARGUMENT says what was expected.
absl::StatusOr<std::string> DecodeHex(std::string_view hex);

}  // namespace holter::core
