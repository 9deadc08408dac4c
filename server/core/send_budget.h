// How many messages may be sent in any minute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace holter::core {

// Counts by turns of five seconds; thirteen of them cover every minute, so the bound holds for any. One thread.
class SendBudget {
 public:
  // True when one more may be sent at `now`; then it is counted. `most` up to 60000.
  bool Take(TimePoint now, int most);

 private:
  static constexpr Duration kTurn = std::chrono::seconds(5);
  static constexpr size_t kTurns = 13;

  std::array<uint16_t, kTurns> counts_{};
  int64_t newest_ = 0;  // number of the turn that was counted last
  int sum_ = 0;
};

}  // namespace holter::core
