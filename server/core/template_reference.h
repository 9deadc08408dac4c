// One ${…} of a template: where its value comes from, and how it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/byte_place.h"
#include "core/json_pointer.h"
#include "core/message_template.h"

namespace holter::core {

class TemplateReference {
 public:
  // What stands between "${" and "}". INVALID_ARGUMENT says what is known.
  static absl::StatusOr<TemplateReference> Parse(std::string_view text, const TemplateContext& context);

  // Appends the value as text. False: there is none, and no default.
  bool AppendText(const TemplateInput& input, std::string& out) const;
  // As the inside of a JSON string.
  bool AppendEscaped(const TemplateInput& input, std::string& out) const;
  // As a JSON value; "null" when there is none.
  bool AppendToken(const TemplateInput& input, std::string& out) const;
  // As a number; 0 when it is none.
  uint64_t Number(const TemplateInput& input) const;

  std::optional<Variable> variable() const;
  std::optional<size_t> slot() const;
  // Upper bound of its text; SIZE_MAX when it depends on values.
  size_t MaxTextSize() const;

  friend bool operator==(const TemplateReference&, const TemplateReference&) = default;

 private:
  enum class From : uint8_t { kVariable, kSlot, kMessage, kPointer, kRange };

  absl::Status ParseMessage(std::string_view text, const TemplateContext& context);
  absl::Status ParseName(std::string_view name, const TemplateContext& context);
  bool AppendValue(const TemplateInput& input, std::string& out) const;

  From from_ = From::kVariable;
  Variable variable_ = Variable::kSeq;
  size_t slot_ = 0;
  JsonPointer pointer_;
  ByteRange range_;
  bool length_ = false;  // the size of the text in place of it
  std::optional<std::string> fallback_;
};

// Appends `text` as the inside of a JSON string.
void AppendJsonEscaped(std::string_view text, std::string& out);

}  // namespace holter::core
