// Matcher.bytes of heartbeat.proto: "20 02 ?? 00", "??{8} 0000 0003 ..", "0C/FC".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace holter::core {

// Immutable; any thread.
class BytePattern {
 public:
  static constexpr size_t kMostBytes = 4096;

  // INVALID_ARGUMENT says what was expected and at which character.
  static absl::StatusOr<BytePattern> Parse(std::string_view text);

  bool Matches(std::string_view bytes) const;

 private:
  struct Byte {
    uint8_t value = 0;
    uint8_t mask = 0;  // the bits that are compared
  };

  std::vector<Byte> bytes_;
  bool open_ended_ = false;  // more may follow
};

}  // namespace holter::core
