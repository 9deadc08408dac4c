#include "registry/rtt_samples.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace holter::registry {
namespace {

// In whole milliseconds, of samples of 1, 2, … `count` milliseconds.
std::vector<int64_t> QuantilesOf(int count) {
  RttSamples samples;
  for (int i = count; i > 0; --i) samples.Add(std::chrono::milliseconds(i));
  std::vector<int64_t> quantiles;
  for (const double q : {0.0, 0.5, 0.9, 0.99, 1.0}) {
    quantiles.push_back(google::protobuf::util::TimeUtil::DurationToMilliseconds(samples.Quantile(q)));
  }
  return quantiles;
}

TEST(RttSamplesTest, SoManyAreNoLongerAsIsSaid) {
  EXPECT_EQ(QuantilesOf(1), (std::vector<int64_t>{1, 1, 1, 1, 1}));
  EXPECT_EQ(QuantilesOf(2), (std::vector<int64_t>{1, 1, 2, 2, 2})) << "one of two is not nine in ten";
  EXPECT_EQ(QuantilesOf(10), (std::vector<int64_t>{1, 5, 9, 10, 10}));
  EXPECT_EQ(QuantilesOf(11), (std::vector<int64_t>{1, 6, 10, 11, 11}));
  EXPECT_EQ(QuantilesOf(100), (std::vector<int64_t>{1, 50, 90, 99, 100}));
  EXPECT_EQ(QuantilesOf(1000), (std::vector<int64_t>{1, 500, 900, 990, 1000}));
}

}  // namespace
}  // namespace holter::registry
