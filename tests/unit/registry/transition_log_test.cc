#include "registry/transition_log.h"

#include <gtest/gtest.h>

namespace holter::registry {
namespace {

using core::Health;
using core::Reason;
using core::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TransitionLogTest : public ::testing::Test {
 protected:
  // How many of `count` transitions are told.
  int Told(int count, Reason reason = Reason::kPeerReset) {
    int told = 0;
    for (int i = 0; i < count; ++i) {
      told += log_.Add(now_, State::kBackoff, Health::kDown, reason);
    }
    return told;
  }

  TransitionLog log_;
  TimePoint now_{std::chrono::hours(1)};
};

TEST_F(TransitionLogTest, FewAreToldOneByOne) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Told(20), 20);
    EXPECT_EQ(log_.TakeSummary(now_ + seconds(1)), std::nullopt);
    now_ += seconds(1);
  }
  EXPECT_EQ(log_.SummaryDue(), kNever);
}

TEST_F(TransitionLogTest, ManyAreSummedUp) {
  EXPECT_EQ(Told(20000), 20);
  EXPECT_EQ(Told(3, Reason::kDns), 0);
  EXPECT_EQ(log_.TakeSummary(now_ + milliseconds(999)), std::nullopt);
  EXPECT_EQ(log_.SummaryDue(), now_ + seconds(1));
  const auto summary = log_.TakeSummary(now_ + seconds(1));
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->transitions, 19983);
  EXPECT_EQ(summary->counts, "backoff/down/peer_reset 19980, backoff/down/dns 3");
  EXPECT_EQ(log_.TakeSummary(now_ + seconds(1)), std::nullopt);
}

TEST_F(TransitionLogTest, AStormIsOneLineASecond) {
  int lines = 0;
  for (int second = 0; second < 100; ++second) {
    lines += Told(200);
    now_ += seconds(1);
    lines += log_.TakeSummary(now_).has_value();
  }
  EXPECT_EQ(lines, 20 + 100);
}

TEST_F(TransitionLogTest, AfterTheStormTheyAreToldAgain) {
  Told(100);
  now_ += seconds(1);
  ASSERT_TRUE(log_.TakeSummary(now_).has_value());
  EXPECT_EQ(Told(5), 0);
  now_ += seconds(1);
  EXPECT_EQ(log_.TakeSummary(now_)->transitions, 5);
  EXPECT_EQ(Told(5), 5);
}

TEST_F(TransitionLogTest, AStormThatEndsAtOnceIsForgotten) {
  Told(100);
  now_ += seconds(1);
  ASSERT_TRUE(log_.TakeSummary(now_).has_value());
  now_ += seconds(5);
  EXPECT_EQ(Told(5), 5);
}

TEST_F(TransitionLogTest, NothingIsLostWhenNobodyTakesTheSummary) {
  Told(30);
  now_ += seconds(10);
  EXPECT_EQ(Told(5), 0);
  EXPECT_EQ(log_.TakeSummary(now_)->transitions, 15);
}

}  // namespace
}  // namespace holter::registry
