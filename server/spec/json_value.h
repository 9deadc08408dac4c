// google.protobuf.Value as JSON text.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <string>

#include "absl/status/statusor.h"

namespace holter::spec {

// Largest integer that a double, and so a Value, holds with all its neighbours.
inline constexpr double kLargestExact = 9007199254740991.0;

// Compact, names sorted, integers without exponent. INVALID_ARGUMENT: a value without kind, NaN or an infinity, a
// number beyond 2^53 - 1 (its last digits are lost already), too deep. Messages never repeat the value.
absl::StatusOr<std::string> JsonText(const google::protobuf::Value& value);

// A number as JSON and YAML write it, shortest and exact.
std::string NumberText(double number);

}  // namespace holter::spec
