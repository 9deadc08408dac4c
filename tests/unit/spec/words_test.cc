#include "spec/words.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace holter::spec {
namespace {

google::protobuf::Duration Proto(int64_t seconds, int32_t nanos) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  duration.set_nanos(nanos);
  return duration;
}

TEST(ToDurationTest, TakesWhatFits) {
  EXPECT_EQ(ToDuration(Proto(0, 0)), Duration::zero());
  EXPECT_EQ(ToDuration(Proto(1, 500'000'000)), std::chrono::milliseconds(1500));
  EXPECT_EQ(ToDuration(Proto(-1, -500'000'000)), std::chrono::milliseconds(-1500));
}

TEST(ToDurationTest, IsAsFarAsOursGoForWhatIsBeyond) {
  constexpr Duration far = std::chrono::hours(24 * 365 * 200);
  EXPECT_GT(ToDuration(Proto(INT64_MAX, INT32_MAX)), far);
  EXPECT_LT(ToDuration(Proto(INT64_MIN, INT32_MIN)), -far);
  EXPECT_GT(ToDuration(Proto(315576000000, 0)), far) << "the longest of protobuf";
}

TEST(ToWallTimeTest, IsAsFarAsOursGoForWhatIsBeyond) {
  google::protobuf::Timestamp last;
  last.set_seconds(253402300799);
  EXPECT_GT(ToWallTime(last).time_since_epoch(), std::chrono::hours(24 * 365 * 200)) << "the end of year 9999";
}

}  // namespace
}  // namespace holter::spec
