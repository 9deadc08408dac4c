// What a template is compiled to: parts that are written one after the other.
#pragma once

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/message_template.h"
#include "core/template_source.h"

namespace holter::core {

// A whole number on the wire.
struct NumberFormat {
  uint8_t bytes = 0;  // 1, 2, 4 or 8; 0: seven bits a byte, the least significant first
  bool little_endian = false;

  // What it can say.
  uint64_t Most() const { return bytes == 0 || bytes == 8 ? UINT64_MAX : (uint64_t{1} << (8 * bytes)) - 1; }
  size_t MaxSize() const { return bytes == 0 ? 10 : bytes; }
  // Writes it at `at`, before what is there. Upper bits that do not fit are lost.
  void Insert(uint64_t number, size_t at, std::string& out) const;

  friend bool operator==(const NumberFormat&, const NumberFormat&) = default;
};

struct TemplatePart {
  enum class Kind : uint8_t {
    kLiteral,
    kValue,        // as it is
    kEscaped,      // in a longer JSON string
    kToken,        // a JSON value of its own
    kNumber,       // in `format`
    kMember,       // begins a JSON member of `skip` parts, which is left out when `source` has no value
    kComma,        // unless nothing stands before it in the JSON object
    kLengthBegin,  // up to the next kLengthEnd on this level
    kLengthEnd,    // in `format`, `extra` added
  } kind = Kind::kLiteral;
  std::string literal;
  TemplateSource source;
  NumberFormat format;
  uint64_t extra = 0;
  size_t skip = 0;

  friend bool operator==(const TemplatePart&, const TemplatePart&) = default;
};

struct MessageTemplate::Program {
  std::vector<TemplatePart> parts;
  size_t max_size = 0;
  uint64_t slots = 0;  // bits of those that the parts use
  bool may_break_utf8 = false;

  // Of an echo.
  bool echoes = false;
  std::string pattern;
  std::shared_ptr<const re2::RE2> regex;  // null: replaces nothing
  std::string with;

  void Expand(const TemplateInput& input, std::string& out) const;
  void Echo(const InboundMessage& question, std::string& out) const;
};

// Brackets of lengths in one another.
inline constexpr size_t kDeepestLength = 8;

// Collects the parts in the order of the text.
class TemplateBuilder {
 public:
  using Kind = TemplatePart::Kind;
  using Escape = void (*)(std::string_view text, std::string& out);

  explicit TemplateBuilder(const TemplateContext& context) : context_(context) {}

  void Literal(std::string_view text);
  // kValue, kEscaped or kToken.
  void Take(TemplateSource source, Kind kind);
  void Number(TemplateSource source, NumberFormat format);
  // What comes until EndMember is left out when there is no value.
  void BeginMember(TemplateSource source);
  void EndMember();  // behind a value
  void Comma();
  // At most kDeepestLength in one another.
  void BeginLength();
  void EndLength(NumberFormat format, uint64_t extra);

  // Text in which "${name}" is a variable, taken as `kind`, and "$${" is "${"; literals go through `escape`.
  absl::Status Text(std::string_view text, Kind kind, Escape escape);
  // A reference from "${" to its "}".
  absl::StatusOr<TemplateSource> Reference(std::string_view reference) const;

  absl::StatusOr<MessageTemplate> Finish(FrameKind kind);
  static MessageTemplate Echo(std::shared_ptr<MessageTemplate::Program> program);

 private:
  TemplatePart& Add(Kind kind);

  const TemplateContext context_;
  std::vector<TemplatePart> parts_;
  size_t member_ = 0;  // where the open member begins
  bool may_append_ = false;
  int values_ = 0;
  uint8_t used_ = 0;
};

}  // namespace holter::core
