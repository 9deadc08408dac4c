#include "base/wall_time_text.h"

#include <gtest/gtest.h>

namespace holter {
namespace {

TEST(WallTimeTextTest, IsUtcWithMilliseconds) {
  EXPECT_EQ(FormatWallTime(WallTime(std::chrono::nanoseconds(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatWallTime(WallTime(std::chrono::nanoseconds(1'700'000'000'123'999'999))), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(FormatWallTime(WallTime(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(WallTimeTextTest, ReachesFromTheFirstNanosecondToTheLast) {
  EXPECT_EQ(FormatWallTime(WallTime::min()), "1677-09-21T00:12:43.145Z");
  EXPECT_EQ(FormatWallTime(WallTime::max()), "2262-04-11T23:47:16.854Z");
}

}  // namespace
}  // namespace holter
