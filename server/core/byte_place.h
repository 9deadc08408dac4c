// Bytes of a message by their places: "6:14", "8:", "8:12 u32", "4:6 u16le".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace holter::core {

// From `begin` up to, not including, `end`; what a message has not is cut off.
struct ByteRange {
  size_t begin = 0;
  size_t end = SIZE_MAX;

  // "4:12", "4:", ":12", ":". INVALID_ARGUMENT says what was expected.
  static absl::StatusOr<ByteRange> Parse(std::string_view text);

  std::string_view Of(std::string_view bytes) const {
    return begin >= bytes.size() ? std::string_view() : bytes.substr(begin, end - begin);
  }

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// A range that is read as text or as a number.
struct BytePlace {
  ByteRange range;
  bool is_number = false;
  bool little_endian = false;
  bool is_varint = false;  // seven bits a byte, the least significant first

  static absl::StatusOr<BytePlace> Parse(std::string_view text);

  // False: the bytes are not there. `out` is replaced.
  bool Read(std::string_view bytes, std::string& out) const;
};

}  // namespace holter::core
