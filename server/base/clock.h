// Time. Everything that waits or measures takes its time from a Clock that it was given, so that tests turn the hands.
#pragma once

#include <chrono>

namespace holter {

using Duration = std::chrono::nanoseconds;
// A point of the steady clock: never set back, stands still for nobody. All deadlines and round trips use it.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// A point of the calendar; only for people and for ${unix_ms}.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr TimePoint kNever = TimePoint::max();

// Both clocks. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never less than an earlier answer.
  virtual TimePoint Now() const = 0;
  // May jump either way.
  virtual WallTime WallNow() const = 0;
};

// The machine's clocks; lives for ever.
const Clock& SystemClock();

}  // namespace holter
