#include "core/send_budget.h"

#include <gtest/gtest.h>

namespace holter::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kBegin{std::chrono::hours(5)};

TEST(SendBudget, NeverMoreThanSoManyInAnyMinute) {
  SendBudget budget;
  std::vector<TimePoint> sent;
  for (TimePoint now = kBegin; now < kBegin + minutes(10); now += milliseconds(137)) {
    if (budget.Take(now, 60)) sent.push_back(now);
  }
  for (size_t i = 60; i < sent.size(); ++i) EXPECT_GE(sent[i] - sent[i - 60], minutes(1));
  EXPECT_GE(sent.size(), 60u * 9) << "and hardly fewer";
}

TEST(SendBudget, RecoversAfterALongSilence) {
  SendBudget budget;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.Take(kBegin, 3));
  EXPECT_FALSE(budget.Take(kBegin + seconds(59), 3));
  EXPECT_TRUE(budget.Take(kBegin + std::chrono::hours(24 * 365), 3));
}

}  // namespace
}  // namespace holter::core
