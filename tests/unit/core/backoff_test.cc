#include "core/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/seed.h"

namespace holter::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(BackoffDelay, GrowsToTheCapWithoutJitter) {
  ReconnectSpec spec;
  spec.jitter = 0;
  Random random(1);
  const std::vector<Duration> expected = {seconds(1),  seconds(2),  seconds(4),  seconds(8),
                                          seconds(16), seconds(32), seconds(60), seconds(60)};
  for (int attempt = 0; attempt < static_cast<int>(expected.size()); ++attempt) {
    EXPECT_EQ(BackoffDelay(spec, attempt, random), expected[static_cast<size_t>(attempt)]) << attempt;
  }
  EXPECT_EQ(BackoffDelay(spec, std::numeric_limits<int>::max(), random), seconds(60));
  EXPECT_EQ(BackoffDelay(spec, -1, random), seconds(1));
}

// Whatever the numbers: within [1 - jitter, 1 + jitter] of the nominal delay and never below the least.
TEST(BackoffDelay, PropertyWithinBounds) {
  const uint64_t seed = holter::testing::TestSeed();
  Random random(seed);
  for (int round = 0; round < 20000; ++round) {
    ReconnectSpec spec;
    spec.first_delay = milliseconds(1 + random() % 3600000);
    spec.max_delay = spec.first_delay + milliseconds(random() % 86400000);
    spec.factor = 1.0 + 9.0 * Uniform01(random);
    spec.jitter = Uniform01(random);
    const int attempt = static_cast<int>(random() % 100);
    const double nominal =
        std::min(std::chrono::duration<double>(spec.first_delay).count() * std::pow(spec.factor, attempt),
                 std::chrono::duration<double>(spec.max_delay).count());
    const Duration delay = BackoffDelay(spec, attempt, random);
    const double took = std::chrono::duration<double>(delay).count();
    ASSERT_GE(delay, kLeastDelay) << "seed " << seed;
    if (delay > kLeastDelay) {
      ASSERT_GE(took, nominal * (1 - spec.jitter) * 0.999999) << "seed " << seed;
    }
    ASSERT_LE(took, std::max(nominal * (1 + spec.jitter) * 1.000001, 0.010001)) << "seed " << seed;
  }
}

TEST(BackoffDelay, NonsenseNeverMakesAHotLoop) {
  Random random(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (double factor : {0.0, -1.0, nan, infinity, 1e308}) {
    for (double jitter : {0.0, 1.0, 5.0, -3.0, infinity}) {
      for (Duration first : {Duration(0), Duration(1), Duration(-5), Duration(hours(24))}) {
        ReconnectSpec spec;
        spec.first_delay = first;
        spec.factor = factor;
        spec.jitter = jitter;
        for (int attempt : {0, 1, 1000000}) {
          EXPECT_GE(BackoffDelay(spec, attempt, random), kLeastDelay);
          EXPECT_LE(BackoffDelay(spec, attempt, random), hours(24 * 8));
        }
      }
    }
  }
}

// Every step is spread, not only the first: the middle half of the range gets about half of the draws.
TEST(BackoffDelay, JitterOnEveryStep) {
  const uint64_t seed = holter::testing::TestSeed();
  Random random(seed);
  const ReconnectSpec spec;
  for (int attempt : {0, 1, 5, 20}) {
    const double nominal = std::min(std::pow(2.0, attempt), 60.0);
    int middle = 0;
    double least = 1e9;
    double most = 0;
    constexpr int kDraws = 4000;
    for (int i = 0; i < kDraws; ++i) {
      const double delay = std::chrono::duration<double>(BackoffDelay(spec, attempt, random)).count() / nominal;
      least = std::min(least, delay);
      most = std::max(most, delay);
      if (delay > 0.75 && delay < 1.25) ++middle;
    }
    EXPECT_NEAR(static_cast<double>(middle) / kDraws, 0.5, 0.05) << "seed " << seed;
    EXPECT_LT(least, 0.52) << "seed " << seed;
    EXPECT_GT(most, 1.48) << "seed " << seed;
  }
}

TEST(SlowDelay, IsTheCapWithJitter) {
  ReconnectSpec spec;
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_GE(SlowDelay(spec, random), seconds(30));
    EXPECT_LE(SlowDelay(spec, random), seconds(90));
  }
  spec.factor = 1;
  spec.jitter = 0;
  EXPECT_EQ(SlowDelay(spec, random), seconds(60));
}

TEST(AtLeastRetryAfter, IsALowerBoundAndCapped) {
  ReconnectSpec spec;
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const Duration delay = AtLeastRetryAfter(spec, seconds(2), seconds(30), random);
    EXPECT_GE(delay, seconds(30));
    EXPECT_LE(delay, seconds(31)) << "a little spread, from the delay itself";
    EXPECT_GE(AtLeastRetryAfter(spec, seconds(2), hours(5), random), spec.retry_after_max);
    EXPECT_LE(AtLeastRetryAfter(spec, seconds(2), hours(5), random), spec.retry_after_max + seconds(1));
  }
  EXPECT_EQ(AtLeastRetryAfter(spec, seconds(40), seconds(30), random), seconds(40));
  EXPECT_EQ(AtLeastRetryAfter(spec, seconds(40), seconds(-30), random), seconds(40));
  spec.retry_after_max = Duration::zero();
  EXPECT_EQ(AtLeastRetryAfter(spec, seconds(2), minutes(5), random), seconds(2));
}

}  // namespace
}  // namespace holter::core
