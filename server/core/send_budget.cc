#include "core/send_budget.h"

namespace holter::core {

bool SendBudget::Take(TimePoint now, int most) {
  const int64_t turn = now.time_since_epoch() / kTurn;
  if (turn - newest_ >= static_cast<int64_t>(kTurns)) {
    counts_.fill(0);
    sum_ = 0;
    newest_ = turn;
  }
  while (newest_ < turn) {
    uint16_t& oldest = counts_[static_cast<size_t>(++newest_) % kTurns];
    sum_ -= oldest;
    oldest = 0;
  }
  if (sum_ >= most) return false;
  ++counts_[static_cast<size_t>(newest_) % kTurns];
  ++sum_;
  return true;
}

}  // namespace holter::core
