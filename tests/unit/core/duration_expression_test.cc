#include "core/duration_expression.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/duration_text.h"

namespace holter::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Captures with units ("every", "minutes" in seconds) and without ("count"), and parameters ("p", "q").
class ExpressionTest : public ::testing::Test {
 protected:
  ExpressionTest() {
    Add("every", Origin::kCapture, milliseconds(1));
    Add("wait", Origin::kCapture, seconds(1));
    Add("count", Origin::kCapture);
    Add("p", Origin::kParameter);
    Add("q", Origin::kParameter);
    Add("secret:a/b", Origin::kSecret);
    values_ = ValueStore(scope_.size());
  }

  void Add(std::string_view name, Origin origin, Duration unit = Duration::zero()) {
    EXPECT_TRUE(scope_.Add(name, origin, unit).ok()) << name;
  }
  void Set(std::string_view name, std::string_view text) { values_.Set(*scope_.Find(name), Value::Kind::kText, text); }
  void Clear(std::string_view name) { values_.Clear(*scope_.Find(name)); }

  absl::StatusOr<DurationExpression> Parse(std::string_view text) const {
    return DurationExpression::Parse(text, scope_, {.most = hours(24), .may_use_interval = true});
  }
  // The result, "off" or the error.
  std::string Of(std::string_view text) {
    const absl::StatusOr<DurationExpression> expression = Parse(text);
    if (!expression.ok()) return "error: " + std::string(expression.status().message());
    const std::optional<Duration> value = expression->Evaluate(values_, seconds(20), random_);
    return value ? FormatDuration(*value) : "off";
  }

  Scope scope_;
  ValueStore values_;
  Random random_{1};
};

TEST_F(ExpressionTest, PlainDurationsAreConstants) {
  EXPECT_EQ(Of("200ms"), "200ms");
  EXPECT_EQ(Of("1m30s"), "1m30s");
  EXPECT_EQ(Of("1.5s"), "1s500ms");
  EXPECT_EQ(Of("0s"), "0s");
  EXPECT_EQ(Of(" 20s "), "20s");
  EXPECT_EQ(Parse("20s")->constant(), seconds(20));
  EXPECT_EQ(*Parse("20s"), DurationExpression::Constant(seconds(20)));
  EXPECT_EQ(DurationExpression().constant(), Duration::zero());
  EXPECT_TRUE(Parse("20s")->always());
}

TEST_F(ExpressionTest, Calculates) {
  EXPECT_EQ(Of("1s + 2s"), "3s");
  EXPECT_EQ(Of("10s - 2s - 3s"), "5s") << "from left to right";
  EXPECT_EQ(Of("2 * 3s + 4s * 5"), "26s");
  EXPECT_EQ(Of("2*(3s+4s)/7"), "2s");
  EXPECT_EQ(Of("12s / 2 / 3"), "2s");
  EXPECT_EQ(Of("1.5 * 10s"), "15s");
  EXPECT_EQ(Of("(1 + 2) / 4 * 4s"), "3s");
  EXPECT_EQ(Of("min(3s, 2s)"), "2s");
  EXPECT_EQ(Of("max(1s, 3s, 2s, 3s)"), "3s");
  EXPECT_EQ(Of("max(1, 2) * 1s"), "2s");
  EXPECT_EQ(Of("min ( 10s , max(2s, 3s) )"), "3s");
  EXPECT_EQ(Parse("min(2 * 3s, 1m)")->constant(), seconds(6));
}

TEST_F(ExpressionTest, TheIntervalIsTheBeatsOwn) {
  EXPECT_EQ(Of("interval"), "20s");
  EXPECT_EQ(Of("interval / 2 + 1s"), "11s");
  EXPECT_EQ(Parse("interval")->constant(), std::nullopt);
  EXPECT_FALSE(Parse("interval")->UsesVariables());
  EXPECT_THAT(DurationExpression::Parse("2 * interval", scope_, {}).status().message(),
              AllOf(HasSubstr("\"interval\""), HasSubstr("in timeout and first_delay")));
  EXPECT_THAT(Of("intervals"), StartsWith("error: "));
}

TEST_F(ExpressionTest, CapturesAreNumbersOfTheirUnit) {
  EXPECT_EQ(Of("${every}"), "off") << "not known yet";
  Set("every", "45000");
  Set("wait", "2.5");
  Set("count", "3");
  EXPECT_EQ(Of("${every}"), "45s");
  EXPECT_EQ(Of("${wait}"), "2s500ms");
  EXPECT_EQ(Of("1.5 * ${every} + 10s"), "1m17s500ms");
  EXPECT_EQ(Of("${every} / ${count}"), "15s");
  EXPECT_EQ(Of("${count} * 2s"), "6s");
  EXPECT_EQ(Of("max(10s, ${wait})"), "10s");
  Clear("every");
  EXPECT_EQ(Of("${every} + 1s"), "off");
}

TEST_F(ExpressionTest, DefaultsStandForWhatIsNotKnown) {
  EXPECT_EQ(Of("${every:-30s}"), "30s");
  EXPECT_EQ(Of("${count:-2} * 5s"), "10s");
  EXPECT_EQ(Of("${p:-7s}"), "7s");
  Set("every", "1000");
  EXPECT_EQ(Of("${every:-30s}"), "1s");
  EXPECT_FALSE(Parse("${every:-30s}")->constant().has_value());
}

TEST_F(ExpressionTest, AParameterIsWhatItsUseDemands) {
  Set("p", "20s");
  Set("q", "1.5");
  EXPECT_EQ(Of("${p}"), "20s");
  EXPECT_EQ(Of("${p} * ${count:-1}"), "20s");
  EXPECT_EQ(Of("${p} * 1.5"), "30s");
  EXPECT_EQ(Of("${q} * 10s"), "15s");
  EXPECT_EQ(Of("10s * ${q}"), "15s");
  EXPECT_EQ(Of("${p} / ${q}"), "13s333ms333us333ns");
  EXPECT_EQ(Of("${p} + ${p}"), "40s");
  EXPECT_EQ(Of("min(${p}, 30s)"), "20s");
  EXPECT_EQ(Of("(${q} + 1) * 2s"), "5s");
  EXPECT_EQ(Of("max(${q}, ${q}) * 2s"), "3s");
  EXPECT_EQ(Of("(${q:-1} * 2) * ${p}"), "1m");
  EXPECT_EQ(Of("(1 + ${q}) * ${p}"), "50s");
  EXPECT_EQ(Of("(${q} + 1) * ${p}"), "50s");
  EXPECT_THAT(Of("${p} * ${q}"), HasSubstr("not known which is the duration, at character 11"));
}

TEST_F(ExpressionTest, AValueOfTheWrongKindIsNone) {
  Set("p", "20");
  EXPECT_EQ(Of("${p}"), "off") << "20 of what?";
  Set("p", "20s");
  EXPECT_EQ(Of("${p} * 1s"), "off");
  EXPECT_EQ(Of("${p:-2} * 1s"), "off");
  for (const std::string_view odd : {"", "abc", "20s", "1e", "nan", "inf", "1e999", " 5", "0x10"}) {
    Set("every", odd);
    EXPECT_EQ(Of("${every}"), "off") << odd;
    EXPECT_EQ(Of("${every:-1s}"), "off") << odd << ": a default is for what is not known";
  }
}

TEST_F(ExpressionTest, IfSwitchesOff) {
  const std::string_view text = "max(10s, ${wait:-0s}) if ${p}";
  EXPECT_EQ(Of(text), "off") << "not known";
  for (const std::string_view off : {"0", "0.0", "-0", "0s", "0ms", "false", ""}) {
    Set("p", off);
    EXPECT_EQ(Of(text), "off") << off;
  }
  for (const std::string_view on : {"1", "0.1", "-1", "5s", "true", "yes"}) {
    Set("p", on);
    EXPECT_EQ(Of(text), "10s") << on;
  }
  EXPECT_FALSE(Parse(text)->always());
  EXPECT_EQ(Of("1s if ${count:-1}"), "1s");
  EXPECT_EQ(Of("1s if ${count:-0}"), "off");
  Set("every", "0");
  EXPECT_EQ(Of("${every} if ${every}"), "off");
  EXPECT_EQ(Of("${every}"), "0s");
  EXPECT_FALSE(Parse("20s if ${p}")->constant().has_value());
  EXPECT_TRUE(Parse("20s if ${p}")->UsesVariables());
}

TEST_F(ExpressionTest, RandomIsDrawnAnewEachTime) {
  const DurationExpression half = *Parse("random(0.5, 1) * interval");
  EXPECT_TRUE(half.random());
  EXPECT_FALSE(half.constant().has_value());
  Duration least = hours(1);
  Duration most = Duration::zero();
  for (int i = 0; i < 1000; ++i) {
    const Duration value = *half.Evaluate(values_, seconds(20), random_);
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_GE(least, seconds(10));
  EXPECT_LE(least, milliseconds(10100));
  EXPECT_LT(most, seconds(20));
  EXPECT_GE(most, milliseconds(19900));
  Random a(7);
  Random b(7);
  EXPECT_EQ(half.Evaluate(values_, seconds(20), a), half.Evaluate(values_, seconds(20), b)) << "from what is given";
  EXPECT_EQ(Of("random(3s, 3s)"), "3s");
  EXPECT_FALSE(Parse("interval")->random());
}

TEST_F(ExpressionTest, ResultsAreClamped) {
  const auto of = [&](std::string_view text) {
    const auto expression = DurationExpression::Parse(text, scope_, {.least = milliseconds(50), .most = hours(1)});
    EXPECT_TRUE(expression.ok()) << text << expression.status();
    return FormatDuration(*expression->Evaluate(values_, Duration::zero(), random_));
  };
  Set("count", "0");
  Set("every", "10");
  EXPECT_EQ(of("${every}"), "50ms");
  EXPECT_EQ(of("${every} - 1h"), "50ms") << "negative";
  EXPECT_EQ(of("1s / ${count}"), "1h") << "infinite";
  EXPECT_EQ(of("(${every} - ${every}) / ${count}"), "50ms") << "no number";
  EXPECT_EQ(of("(0s - 1s) / ${count}"), "50ms") << "minus infinity";
  Set("every", "1e300");
  EXPECT_EQ(of("${every}"), "1h");
}

TEST_F(ExpressionTest, AConstantBeyondTheBoundsIsAnError) {
  const auto error = [&](std::string_view text) {
    return std::string(
        DurationExpression::Parse(text, scope_, {.least = milliseconds(50), .most = hours(1)}).status().message());
  };
  EXPECT_EQ(error("50ms"), "");
  EXPECT_EQ(error("1h"), "");
  EXPECT_EQ(error("49ms"), "expected a duration from 50ms to 1h, got \"49ms\"");
  EXPECT_EQ(error("2 * 31m"), "expected a duration from 50ms to 1h, got \"2 * 31m\"");
  EXPECT_EQ(error("0s - 1s"), "expected a duration from 50ms to 1h, got \"0s - 1s\"");
  EXPECT_EQ(error("1s / 0"), "expected a duration from 50ms to 1h, got \"1s / 0\"");
  EXPECT_EQ(error("0 / 0 * 1s"), "expected a duration from 50ms to 1h, got \"0 / 0 * 1s\"");
  EXPECT_EQ(error("49ms if ${p}"), "") << "it is clamped";
}

TEST_F(ExpressionTest, KindsAreCheckedWithTheirPlace) {
  for (const auto& [text, place] :
       {std::pair("1s + 2", 6), std::pair("2 + 1s", 6), std::pair("1s * 2s", 7), std::pair("1s / 2s", 7),
        std::pair("2 / 1s", 6), std::pair("min(1s, 2)", 9), std::pair("random(1, 2s)", 12), std::pair("20", 0),
        std::pair("2 * 3", 0), std::pair("${count}", 0), std::pair("${count} + 1s", 13),
        std::pair("${every} * ${wait}", 18)}) {
    EXPECT_THAT(Of(text), AllOf(StartsWith("error: expected "), HasSubstr(fmt::format(", at character {}", place))))
        << text;
  }
}

TEST_F(ExpressionTest, WhatIsMalformedIsRefused) {
  for (const std::string_view bad : {"",
                                     " ",
                                     "s",
                                     "-1s",
                                     "+1s",
                                     "1d",
                                     "1s 2s",
                                     "1s +",
                                     "* 1s",
                                     "(1s",
                                     "1s)",
                                     "()",
                                     "min()",
                                     "min(1s)",
                                     "max(1s,2s,3s,4s,5s)",
                                     "random(1s)",
                                     "random(1s,2s,3s)",
                                     "min(1s,)",
                                     "min 1s",
                                     "floor(1s)",
                                     "1e3s",
                                     "1..5s",
                                     "1s if",
                                     "1s if p",
                                     "1s if ${p} if ${p}",
                                     "1s if ${p} + 1s",
                                     "1s if (${p})",
                                     "if ${p}",
                                     "${p",
                                     "${}",
                                     "${nope}",
                                     "${p:-}",
                                     "${p:-x}",
                                     "${p:--1s}",
                                     "${every:-5}",
                                     "${count:-5s}",
                                     "${secret:a/b}",
                                     "${seq}",
                                     "${message}",
                                     "${ p }",
                                     "1s\n",
                                     "1s;",
                                     "99999999999999h",
                                     "interval interval",
                                     "minx(1s,2s)",
                                     "ifx ${p}"}) {
    const absl::Status status = Parse(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), StartsWith("expected ")) << bad << status;
  }
  EXPECT_THAT(Of("1s + ${nope}"),
              HasSubstr("a duration, or the name of a parameter or captured value, not \"nope\", at character 5"));
}

TEST_F(ExpressionTest, SizesAreBounded) {
  EXPECT_THAT(Of(std::string(257, ' ')), HasSubstr("at most 256 bytes"));
  std::string text = "1s";
  for (int i = 0; i < 15; ++i) text += "+1s";
  EXPECT_EQ(Of(text), "16s");
  for (int i = 0; i < 16; ++i) text += "+1s";
  EXPECT_THAT(Of(text), HasSubstr("at most 32 operations"));
  EXPECT_EQ(Of(std::string(15, '(') + "1s" + std::string(15, ')')), "1s");
  EXPECT_THAT(Of(std::string(120, '(') + "1s" + std::string(120, ')')), HasSubstr("fewer brackets"));
  std::string deep = "1s";
  for (int i = 0; i < 20; ++i) deep = "min(1s," + deep + ")";
  EXPECT_THAT(Of(deep), HasSubstr("fewer brackets"));
}

TEST_F(ExpressionTest, KnowsWhatItUses) {
  const DurationExpression expression = *Parse("${every} * ${count} if ${p}");
  EXPECT_TRUE(expression.UsesVariables());
  for (const std::string_view name : {"every", "count", "p"}) EXPECT_TRUE(expression.Uses(*scope_.Find(name))) << name;
  for (const std::string_view name : {"wait", "q"}) EXPECT_FALSE(expression.Uses(*scope_.Find(name))) << name;
  EXPECT_FALSE(Parse("20s")->Uses(0));
  EXPECT_FALSE(DurationExpression().UsesVariables());
}

TEST_F(ExpressionTest, EqualWhenWrittenAlikeWithTheSameBounds) {
  EXPECT_EQ(*Parse("${every}"), *Parse("${every}"));
  EXPECT_NE(*Parse("${every}"), *Parse("${wait}"));
  EXPECT_NE(*Parse("${every}"), *Parse("${every} if ${every}"));
  EXPECT_NE(*Parse("${every}"), *DurationExpression::Parse("${every}", scope_, {.most = hours(1)}));
  EXPECT_NE(*Parse("${every}"), *Parse("20s"));
  EXPECT_NE(*Parse("21s"), *Parse("20s"));
}

TEST(DurationExpressionCheck, SaysWhatAVariablesValueHasToBe) {
  Scope scope;
  const size_t every = *scope.Add("every", Origin::kParameter);
  const size_t times = *scope.Add("times", Origin::kParameter);
  const auto check = [&](std::string_view text, size_t slot, std::string_view value) {
    const auto expression = DurationExpression::Parse(text, scope, {.most = std::chrono::hours(1)});
    EXPECT_TRUE(expression.ok()) << expression.status();
    return std::string(expression->CheckValue(slot, value).message());
  };
  EXPECT_EQ(check("${every}", every, "20s"), "");
  EXPECT_EQ(check("${every}", every, "20"), "expected a duration with a unit, such as 20s or 1m30s");
  EXPECT_EQ(check("${every}", every, ""), "expected a duration with a unit, such as 20s or 1m30s");
  EXPECT_EQ(check("${every}", times, "20"), "") << "not used";
  EXPECT_EQ(check("20s", every, "20"), "");
  EXPECT_EQ(check("${times} * 10s", times, "20s"), "expected a number");
  EXPECT_EQ(check("${times} * 10s", times, "1.5"), "");
  EXPECT_EQ(check("max(1s, ${every:-2s})", every, "soon"), "expected a duration with a unit, such as 20s or 1m30s");
  for (const std::string_view off : {"0", "0s", "", "false"}) {
    EXPECT_EQ(check("${every} if ${every}", every, off), "") << off;
  }
  EXPECT_EQ(check("${every} if ${every}", every, "20"), "expected a duration with a unit, such as 20s or 1m30s");
  EXPECT_EQ(check("10s if ${every}", every, "yes"), "");
}

}  // namespace
}  // namespace holter::core
