// Fields of Protobuf messages by their numbers, without a schema (the wire format of
// protobuf.dev/programming-guides/encoding).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace holter::core {

// Immutable; any thread.
class ProtobufPath {
 public:
  static constexpr size_t kDeepest = 8;
  // Fields that are looked at in one message; what lies behind is not seen.
  static constexpr int kMostFields = 65536;

  // "5.2". INVALID_ARGUMENT says what was expected.
  static absl::StatusOr<ProtobufPath> Parse(std::string_view text);

  // A field that was found: a number for varints and fixed fields, bytes for others.
  struct Field {
    bool is_number = false;
    uint64_t number = 0;
    std::string_view bytes;
  };

  // Calls `visit` with every field at the path, in order, until it says true; then true. A message that is not well
  // formed is read up to where it is not.
  bool Visit(std::string_view message, absl::FunctionRef<bool(const Field&)> visit) const;

 private:
  std::vector<uint32_t> numbers_;
};

}  // namespace holter::core
