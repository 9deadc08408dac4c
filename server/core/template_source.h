// What a ${…} of a template stands for, and its value for one send.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "core/byte_place.h"
#include "core/json_pointer.h"
#include "core/json_tape.h"
#include "core/message_template.h"

namespace holter::core {

// A value of one send. Views live as long as the input that they were found in.
struct FoundValue {
  Value::Kind kind = Value::Kind::kNone;
  std::string_view text;
  // Of an array or object of the question, which has no text: where it stands.
  const JsonTape* tape = nullptr;
  size_t place = 0;
};

struct TemplateSource {
  // A time to come is at most so far away.
  static constexpr Duration kLatest = std::chrono::hours(24);

  enum class From : uint8_t {
    kVariable,  // built in; always has a value
    kSlot,
    kQuestion,  // all of it
    kPointer,   // into the question's JSON
    kRange,     // of the question's bytes
  } from = From::kVariable;
  Variable variable = Variable::kSeq;
  size_t slot = 0;
  JsonPointer pointer;
  ByteRange range;
  Duration later{};       // ${unix_ms+10s}: added to a time
  bool counts = false;    // ${length:…}: the number of bytes that would be written instead of them
  bool as_text = false;   // ${text:…}: in JSON a string, whatever it is
  bool optional = false;  // "${name?}"
  // Taken when there is no value, kNone when there is no default: kToken if it is JSON, which only JSON templates ask.
  Value otherwise;

  // `reference` stands between "${" and "}". INVALID_ARGUMENT says what was expected.
  static absl::StatusOr<TemplateSource> Parse(std::string_view reference, const TemplateContext& context);

  // A built-in variable itself, and not its length. It may be a later time.
  bool is_variable() const { return from == From::kVariable && !counts; }
  // Upper bound of the value's size; SIZE_MAX when it depends on more than built-in variables.
  size_t MaxTextSize() const;
  // Without the default and whatever `counts` says. Not for built-in variables.
  FoundValue Find(const TemplateInput& input) const;
  bool HasValue(const TemplateInput& input) const {
    return from == From::kVariable || Find(input).kind != Value::Kind::kNone;
  }

  friend bool operator==(const TemplateSource&, const TemplateSource&) = default;
};

// The size of the reference at the beginning of `text`, from "${" to its "}"; braces may stand in pairs in a default.
// Nothing: it does not end.
std::optional<size_t> ReferenceSize(std::string_view text);

}  // namespace holter::core
