#include "base/duration_text.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/support/seed.h"

namespace holter {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(DurationTextTest, ReadsEveryUnitAndTheirSums) {
  EXPECT_EQ(*ParseDuration("200ms"), milliseconds(200));
  EXPECT_EQ(*ParseDuration("20s"), seconds(20));
  EXPECT_EQ(*ParseDuration("1m30s"), seconds(90));
  EXPECT_EQ(*ParseDuration("2h"), hours(2));
  EXPECT_EQ(*ParseDuration("1.5s"), milliseconds(1500));
  EXPECT_EQ(*ParseDuration("7us3ns"), Duration(7003));
  EXPECT_EQ(*ParseDuration("0s"), Duration::zero());
}

TEST(DurationTextTest, RefusesWhatIsNotANumberWithAUnit) {
  for (const char* text : {"", "20", "s", "-1s", "+1s", "1 s", " 1s", "1s ", "1d", "1e3s", "nan", "infs", "1.5", "0x1s",
                           "1sm", "99999999999999999999h"}) {
    const auto parsed = ParseDuration(text);
    EXPECT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(DurationTextTest, FormatsShortAndExact) {
  EXPECT_EQ(FormatDuration(seconds(90)), "1m30s");
  EXPECT_EQ(FormatDuration(milliseconds(250)), "250ms");
  EXPECT_EQ(FormatDuration(Duration::zero()), "0s");
  EXPECT_EQ(FormatDuration(hours(1) + milliseconds(1)), "1h1ms");
}

TEST(DurationTextTest, ReadsBackWhatItWrote) {
  Random random(testing::TestSeed());
  for (int i = 0; i < 1000; ++i) {
    // Below 2^53 nanoseconds every value is exact.
    const Duration duration(static_cast<int64_t>(random() >> (11 + random() % 50)));
    EXPECT_EQ(*ParseDuration(FormatDuration(duration)), duration) << duration.count();
  }
}

}  // namespace
}  // namespace holter
