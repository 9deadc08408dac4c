#include "observe/rtt_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holter::observe {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr TimePoint kBegin{std::chrono::hours(1)};

std::string Draw(const std::vector<RttLine>& lines) {
  HtmlWriter html;
  WriteRttChart(html, lines, kBegin, kBegin + 10s);
  return html.Take();
}

TEST(RttChartTest, NothingIsNothing) {
  EXPECT_EQ(Draw({}), "");
  EXPECT_EQ(Draw({{.name = "ping", .answers = {}, .misses = {}}}), "");
}

TEST(RttChartTest, TheSlowestAnswerFitsBelowARoundNumber) {
  const std::string chart =
      Draw({{.name = "ping", .answers = {{kBegin, 1ms}, {kBegin + 5s, 3ms}, {kBegin + 10s, 2ms}}, .misses = {}}});
  EXPECT_THAT(chart, HasSubstr(">5 ms</text>"));
  EXPECT_THAT(chart, HasSubstr(">2.5 ms</text>"));
  EXPECT_THAT(chart, HasSubstr("points=\"52.0,106.0 384.0,58.0 716.0,82.0 \""));
  EXPECT_THAT(chart, HasSubstr("last 2.000 ms, median 2.000, slowest 3.000, of 3 answers<"));
}

TEST(RttChartTest, AMissIsALineAndCounted) {
  const std::string chart = Draw({{.name = "op-ping", .answers = {}, .misses = {kBegin + 5s}}});
  EXPECT_THAT(chart, HasSubstr("class=\"miss\" y1=\"10\" y2=\"130\" x1=\"384.0\" x2=\"384.0\""));
  EXPECT_THAT(chart, HasSubstr("no answer yet, 1 missed"));
}

TEST(RttChartTest, AMissCutsTheLine) {
  const std::string chart =
      Draw({{.name = "ping",
             .answers = {{kBegin, 1ms}, {kBegin + 2s, 1ms}, {kBegin + 8s, 1ms}, {kBegin + 10s, 1ms}},
             .misses = {kBegin + 5s, kBegin + 6s}}});
  EXPECT_THAT(chart, HasSubstr("points=\"52.0,10.0 184.8,10.0 \""));
  EXPECT_THAT(chart, HasSubstr("points=\"583.2,10.0 716.0,10.0 \""));
}

TEST(RttChartTest, ManyAnswersHaveNoDots) {
  RttLine line{.name = "ping", .answers = {}, .misses = {}};
  for (int i = 0; i < 60; ++i) line.answers.push_back({.at = kBegin + 100ms * i, .rtt = 1ms});
  EXPECT_THAT(Draw({line}), HasSubstr("<circle"));
  line.answers.push_back({.at = kBegin + 9s, .rtt = 1ms});
  EXPECT_THAT(Draw({line}), Not(HasSubstr("<circle")));
}

TEST(RttChartTest, WhatLiesOutsideOfTheTimesIsAtTheEdge) {
  EXPECT_THAT(Draw({{.name = "ping", .answers = {{kBegin - 5s, 1ms}, {kBegin + 50s, 1ms}}, .misses = {}}}),
              HasSubstr("points=\"52.0,10.0 716.0,10.0 \""));
}

}  // namespace
}  // namespace holter::observe
