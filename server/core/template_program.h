// A compiled template: what is appended, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <re2/re2.h>

#include "absl/functional/function_ref.h"
#include "core/template_reference.h"

namespace holter::core {

// How a number is written as bytes.
struct NumberForm {
  uint8_t size = 1;  // bytes; 0: as a varint, seven bits a byte, the least significant first
  bool little_endian = false;

  friend bool operator==(const NumberForm&, const NumberForm&) = default;
};

struct TemplatePart {
  enum class Kind : uint8_t {
    kLiteral,     // text
    kText,        // reference
    kEscaped,     // reference, inside of a JSON string
    kToken,       // reference, a JSON value
    kComma,       // unless an object or array has just been opened
    kMember,      // `skip` parts behind it are left out when the reference has no value
    kNumber,      // reference or `number`, by `form`
    kLengthOpen,  // `form`, of what follows until kLengthClose, plus `number`
    kLengthClose,
  } kind = Kind::kLiteral;
  std::string text;
  std::optional<TemplateReference> reference;
  NumberForm form;
  uint64_t number = 0;
  size_t skip = 0;

  friend bool operator==(const TemplatePart&, const TemplatePart&) = default;
};

struct TemplateProgram {
  static constexpr size_t kDeepestLength = 8;

  std::vector<TemplatePart> parts;
  // Of an echo.
  bool is_echo = false;
  std::string pattern;
  std::shared_ptr<const re2::RE2> regex;
  std::string with;
  // What the parts use.
  uint32_t variables = 0;  // bits of Variable
  uint64_t slots = 0;

  void Add(TemplatePart part);
  void Literal(std::string_view text);
  void Reference(TemplatePart::Kind kind, TemplateReference reference);
  // Text in which "${…}" is a reference of `kind` and "$${" is "${"; literals go through `escape`.
  absl::Status Text(std::string_view text, TemplatePart::Kind kind, const TemplateContext& context,
                    absl::FunctionRef<void(std::string_view, std::string&)> escape);
  void Expand(const TemplateInput& input, std::string& out) const;
};

// Appends a number in its form, cut to its size.
void AppendNumber(const NumberForm& form, uint64_t number, std::string& out);

}  // namespace holter::core
