// Places in JSON texts (RFC 6901), compiled, and what can stand there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace holter::core {

struct JsonPointer {
  std::vector<std::string> tokens;

  // "" is the whole document. The message of the error tells what was expected.
  static absl::StatusOr<JsonPointer> Parse(std::string_view text);

  friend bool operator==(const JsonPointer&, const JsonPointer&) = default;
};

// Kinds of values (RFC 8259 section 3); numbers are those of holter.v1.JsonType.
enum class JsonType : uint8_t { kAny, kNull, kBoolean, kNumber, kString, kArray, kObject };

}  // namespace holter::core
