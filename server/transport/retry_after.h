// The Retry-After header (RFC 9110 section 10.2.3).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace holter::transport {

// Seconds, or a date in any of the three forms of HTTP, counted from `now`. A date that has passed is zero. Nothing
// when it is malformed or longer than a year.
std::optional<Duration> ParseRetryAfter(std::string_view value, WallTime now);

}  // namespace holter::transport
