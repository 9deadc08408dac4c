// Durations as people write them: "200ms", "20s", "1m30s", "2h".
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace holter {

// One or more numbers with a unit (ns us ms s m h), largest unit first is not demanded, no sign, no spaces; "0s" is
// zero, a bare number is an error. Fractions are allowed ("1.5s"). The message of the error tells what was expected.
absl::StatusOr<Duration> ParseDuration(std::string_view text);

// Shortest exact text that ParseDuration reads back, e.g. "1m30s", "250ms", "0s".
std::string FormatDuration(Duration duration);

}  // namespace holter
