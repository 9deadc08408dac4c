// A clock whose hands the test turns.
#pragma once

#include <atomic>
#include <cassert>

#include "base/clock.h"

namespace holter::testing {

// Thread-safe. Starts at an arbitrary time that is neither zero nor now.
class ManualClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_.load())); }
  WallTime WallNow() const override { return WallTime(Duration(wall_.load())); }

  // Both hands.
  void Advance(Duration duration) {
    assert(duration >= Duration::zero());
    now_ += duration.count();
    wall_ += duration.count();
  }
  void AdvanceTo(TimePoint time) { Advance(time - Now()); }
  // The calendar alone, as when somebody corrects it.
  void SetWall(WallTime wall) { wall_ = wall.time_since_epoch().count(); }

 private:
  std::atomic<Duration::rep> now_ = Duration(std::chrono::hours(1000)).count();
  std::atomic<Duration::rep> wall_ = Duration(std::chrono::hours(24 * 365 * 56)).count();
};

}  // namespace holter::testing
