// How long to wait before the next attempt.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "core/session_spec.h"

namespace holter::core {

// Pure. `attempt` counts from 0. min(first_delay * factor^attempt, max_delay) * U[1 - jitter, 1 + jitter], never less
// than kLeastDelay, whatever the numbers: no policy can make a hot loop.
Duration BackoffDelay(const ReconnectSpec& spec, int attempt, Random& random);

// The delay of RetryClass::kSlow: max_delay * U[1 - jitter, 1 + jitter], as often as it is asked.
Duration SlowDelay(const ReconnectSpec& spec, Random& random);

// `delay`, or the peer's Retry-After (capped by retry_after_max) if that is longer; then with a little of `delay` on
// top, so that sessions which were told the same time do not come back together.
Duration AtLeastRetryAfter(const ReconnectSpec& spec, Duration delay, Duration retry_after, Random& random);

inline constexpr Duration kLeastDelay = std::chrono::milliseconds(10);

}  // namespace holter::core
