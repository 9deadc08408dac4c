#include "holter/retry.h"

#include <gtest/gtest.h>

namespace holter::client {
namespace {

using std::chrono::milliseconds;

TEST(RetryBackoffTest, GrowsToTheCapWithinItsJitter) {
  RetryBackoff backoff({.first_delay = milliseconds(100), .max_delay = milliseconds(1000)});
  for (const int expected : {100, 200, 400, 800, 1000, 1000}) {
    const auto delay = backoff.Next();
    EXPECT_GE(delay, milliseconds(expected) / 2);
    EXPECT_LE(delay, milliseconds(expected) * 3 / 2);
  }
  EXPECT_EQ(backoff.attempt(), 6);
  for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.Next(), milliseconds(1500));
}

TEST(RetryBackoffTest, ResetBeginsAnew) {
  RetryBackoff backoff({.first_delay = milliseconds(1), .max_delay = milliseconds(1000)});
  for (int i = 0; i < 10; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.attempt(), 0);
  EXPECT_LE(backoff.Next(), milliseconds(2));
}

TEST(RetryBackoffTest, TwoOfAKindDoNotMarchInStep) {
  RetryBackoff a({.first_delay = milliseconds(100)});
  RetryBackoff b({.first_delay = milliseconds(100)});
  int differing = 0;
  for (int i = 0; i < 8; ++i) differing += a.Next() != b.Next() ? 1 : 0;
  EXPECT_GT(differing, 0);
}

}  // namespace
}  // namespace holter::client
