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
  bool signs = false;    // signatures are computed before it is written
};

// What one expansion takes its values from.
struct TemplateInput {
  const BeatVariables* variables = nullptr;
  const ValueStore* values = nullptr;        // may be null when the template uses none
  const InboundMessage* question = nullptr;  // of an answer
};

// Immutable; any thread; cheap to copy.
class MessageTemplate {
 public:
  // Places for values other than the built-in variables, so that what a peer sends is not multiplied without bound.
  static constexpr int kMostValues = 32;

  // An empty text.
  MessageTemplate() = default;

  // INVALID_ARGUMENT names an unknown variable and says what is known.
  static absl::StatusOr<MessageTemplate> FromText(std::string_view text, const TemplateContext& context = {});
  // JSON text in which a string that is just "${name}" stands for the raw token (numbers stay numbers, captured strings
  // are quoted, arrays and objects of the question are copied compactly, no value is null, a default that is JSON is
  // JSON), a member whose value is just "${name?}" is left out without a value; inside longer strings variables are
  // text. JSON null is no value. Written compactly.
  static absl::StatusOr<MessageTemplate> FromJson(std::string_view json, const TemplateContext& context = {});
  // The language of MessageTemplate.bytes in heartbeat.proto. Gives a binary frame. A number that does not fit loses
  // its upper bits, what is no number is 0, and what is longer than its len8[] or len16[] can say is cut.
  static absl::StatusOr<MessageTemplate> FromBytes(std::string_view bytes, const TemplateContext& context = {});
  // The question itself, the first match of `regex` replaced by `with`; an empty regex replaces nothing. In a frame of
  // the question's kind.
  static absl::StatusOr<MessageTemplate> Echo(std::string_view regex, std::string_view with);

  // The same message in a frame of another kind.
  MessageTemplate As(FrameKind kind) const;

  FrameKind KindFor(const TemplateInput& input) const;
  bool Uses(Variable variable) const { return (used_ & (1u << static_cast<int>(variable))) != 0; }
  // uuid or hex_id.
  bool NeedsRandom() const { return Uses(Variable::kUuid) || Uses(Variable::kHexId); }
  // One bit for each slot of the scope that it uses.
  uint64_t slots() const;
  // As a text frame it may be no UTF-8: values of the peer stand in it as they are, or bytes.
  bool MayBreakUtf8() const;
  // Upper bound of an expansion's size; SIZE_MAX when it depends on values.
  size_t MaxSize() const;
  // Appends the expansion to `out`. A variable without value and default is nothing (null in JSON).
  void Expand(const TemplateInput& input, std::string& out) const;

  // Same kind, literals and variables.
  friend bool operator==(const MessageTemplate& a, const MessageTemplate& b);

 private:
  friend class TemplateBuilder;
  struct Program;

  FrameKind kind_ = FrameKind::kText;
  bool kind_of_question_ = false;
  uint8_t used_ = 0;                        // bits of Variable
  std::shared_ptr<const Program> program_;  // null: empty
};

}  // namespace holter::core
