// Words, tables and sums for people.
#include <gtest/gtest.h>

#include "client/cli/ping_samples.h"
#include "client/cli/table.h"
#include "client/cli/words.h"

namespace holter::cli {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(WordsTest, EnumWordsLoseTheirPrefix) {
  EXPECT_EQ(StateWord(v1::STATE_OPEN), "OPEN");
  EXPECT_EQ(HealthWord(v1::HEALTH_DEGRADED), "DEGRADED");
  EXPECT_EQ(ReasonWord(v1::REASON_APP_HEARTBEAT), "app_heartbeat");
  EXPECT_EQ(ReasonWord(v1::REASON_UNSPECIFIED), "");
  EXPECT_EQ(PathWord(v1::PATH_NETWORK), "network");
  EXPECT_EQ(PathWord(v1::PATH_UNSPECIFIED), "");
}

TEST(WordsTest, MillisecondsKeepThreeDigits) {
  EXPECT_EQ(Milliseconds(microseconds(412)), "0.412");
  EXPECT_EQ(Milliseconds(microseconds(15'230)), "15.2");
  EXPECT_EQ(Milliseconds(milliseconds(150)), "150");
}

TEST(WordsTest, AgesGrowCoarse) {
  const WallTime now{hours(1000)};
  EXPECT_EQ(Age(now - milliseconds(400), now), "0.4s ago");
  EXPECT_EQ(Age(now - seconds(12), now), "12s ago");
  EXPECT_EQ(Age(now - seconds(600), now), "10m ago");
  EXPECT_EQ(Age(now - hours(5), now), "5h ago");
  EXPECT_EQ(Age(now - hours(72), now), "3d ago");
  EXPECT_EQ(Age(now + seconds(1), now), "0.0s ago") << "the server's clock may be ahead";
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"A", "LONG", "Z"});
  table.Add({{"wide cell"}, {"x"}, {"end"}});
  const auto lines = table.Lines(false);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "A          LONG  Z");
  EXPECT_EQ(lines[1], "wide cell  x     end");
}

TEST(TableTest, ColoursDoNotMoveColumns) {
  Table table({"A", "B"});
  table.Add({{"é", Style::kGood}, {"x"}});
  table.Add({{"ab", Style::kBad}, {"y"}});
  EXPECT_EQ(table.Lines(true)[1], "\033[32mé\033[0m   x");
  EXPECT_EQ(table.Lines(true)[2], "\033[31mab\033[0m  y");
  EXPECT_EQ(table.Lines(false)[1], "é   x");
}

TEST(PingSamplesTest, SumsUp) {
  PingSamples samples;
  EXPECT_TRUE(samples.empty());
  for (int i = 200; i >= 1; --i) samples.Add(milliseconds(i));
  EXPECT_EQ(samples.Summary(), "min/avg/p99/max = 1.000/100.500/198.000/200.000 ms");
}

TEST(PingSamplesTest, OneSampleIsAll) {
  PingSamples samples;
  samples.Add(microseconds(1500));
  EXPECT_EQ(samples.Summary(), "min/avg/p99/max = 1.500/1.500/1.500/1.500 ms");
}

}  // namespace
}  // namespace holter::cli
