#include "spec/policy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

TEST(ReconnectTest, NumbersAtAndBeyondTheirLimits) {
  EXPECT_EQ(Compiled("reconnect { factor: 1 jitter: 0 }")->reconnect.jitter, 0.0);
  EXPECT_EQ(Compiled("reconnect { factor: 10 jitter: 1 }")->reconnect.factor, 10.0);
  for (const double bad :
       {0.0, 0.999, 10.001, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    v1::SessionSpec spec = SpecOf("");
    spec.mutable_reconnect()->set_factor(bad);
    EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Pair("session.spec.reconnect.factor", HasSubstr("from 1 to 10"))))
        << bad;
  }
  for (const double bad :
       {-0.001, 1.001, std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    v1::SessionSpec spec = SpecOf("");
    spec.mutable_reconnect()->set_jitter(bad);
    EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Pair("session.spec.reconnect.jitter", HasSubstr("from 0 to 1"))))
        << bad;
  }
}

TEST(ReconnectTest, MaxDelayIsNotBelowFirstDelay) {
  EXPECT_THAT(ComplaintsAbout("reconnect { first_delay: '10s' max_delay: '9s' }"),
              ElementsAre(Pair("session.spec.reconnect.max_delay", HasSubstr("from 10s"))));
  EXPECT_THAT(ComplaintsAbout("reconnect { max_delay: '999ms' }"),
              ElementsAre(Key("session.spec.reconnect.max_delay")));
  EXPECT_EQ(Compiled("reconnect { first_delay: '10m' }")->reconnect.max_delay, std::chrono::minutes(10));
}

core::CloseRule RuleOf(const std::string& what, const std::string& then = "RETRY_CLASS_SLOW") {
  const auto shared = Compiled("close_policy { rules { " + what + " then: " + then + " } }");
  return shared->close.rules.empty() ? core::CloseRule{} : shared->close.rules[0];
}

TEST(CloseRuleTest, NumbersAndRangesReachTheirPlace) {
  const core::CloseRule one = RuleOf("close_codes: '4004'");
  EXPECT_EQ(one.kind, core::CloseRule::Kind::kCloseCode);
  EXPECT_EQ(one.first, 4004);
  EXPECT_EQ(one.last, 4004);
  const core::CloseRule range = RuleOf("http_statuses: '500-599'");
  EXPECT_EQ(range.kind, core::CloseRule::Kind::kHttpStatus);
  EXPECT_EQ(range.first, 500);
  EXPECT_EQ(range.last, 599);
  EXPECT_EQ(RuleOf("close_codes: '1000-4999'").last, 4999);
  EXPECT_EQ(RuleOf("http_statuses: '200'").first, 200);
}

TEST(CloseRuleTest, EveryClass) {
  EXPECT_EQ(RuleOf("close_codes: '1006'", "RETRY_CLASS_AT_ONCE").then, core::RetryClass::kAtOnce);
  EXPECT_EQ(RuleOf("close_codes: '1006'", "RETRY_CLASS_BACK_OFF").then, core::RetryClass::kBackOff);
  EXPECT_EQ(RuleOf("close_codes: '1006'", "RETRY_CLASS_SLOW").then, core::RetryClass::kSlow);
  EXPECT_EQ(RuleOf("close_codes: '1006'", "RETRY_CLASS_NEVER").then, core::RetryClass::kNever);
}

TEST(CloseRuleTest, MalformedRangesAreRefused) {
  const std::string rule = "session.spec.close_policy.rules[0].";
  for (const std::string bad : {"", "x", "999", "5000", "4001-4000", "4000-", "-4000", "4000-4001-4002", " 4000",
                                "4000 ", "+4000", "65536", "4000-70000"}) {
    EXPECT_THAT(ComplaintsAbout("close_policy { rules { close_codes: '" + bad + "' then: RETRY_CLASS_SLOW } }"),
                ElementsAre(Pair(rule + "close_codes", AllOf(HasSubstr("1000 to 4999"), HasSubstr(bad)))))
        << bad;
  }
  for (const std::string bad : {"199", "600", "4xx", "404-403"}) {
    EXPECT_THAT(ComplaintsAbout("close_policy { rules { http_statuses: '" + bad + "' then: RETRY_CLASS_SLOW } }"),
                ElementsAre(Pair(rule + "http_statuses", HasSubstr("200 to 599"))))
        << bad;
  }
}

TEST(CloseRuleTest, KindAndClassAreRequired) {
  EXPECT_THAT(
      ComplaintsAbout("close_policy { rules {} }"),
      ElementsAre(Pair("session.spec.close_policy.rules[0]", HasSubstr("close_codes, http_statuses")),
                  Pair("session.spec.close_policy.rules[0].then", HasSubstr("AT_ONCE, BACK_OFF, SLOW, NEVER"))));
  v1::SessionSpec spec = SpecOf("close_policy { rules { close_codes: '4000' } }");
  spec.mutable_close_policy()->mutable_rules(0)->set_then(static_cast<v1::RetryClass>(42));
  EXPECT_THAT(ComplaintsAbout(spec), ElementsAre(Pair("session.spec.close_policy.rules[0].then", HasSubstr("42"))));
}

TEST(ClosePolicyTest, AtMost32Rules) {
  std::string text;
  for (int i = 0; i < 32; ++i) {
    text += "rules { close_codes: '4000' then: RETRY_CLASS_SLOW } ";
  }
  EXPECT_THAT(ComplaintsAbout("close_policy { " + text + "}"), IsEmpty());
  EXPECT_THAT(ComplaintsAbout("close_policy { rules { close_codes: '4000' then: RETRY_CLASS_SLOW } " + text + "}"),
              ElementsAre(Key("session.spec.close_policy.rules")));
}

TEST(ClosePolicyTest, OnDeadCode) {
  for (const int good : {1000, 3000, 4999}) {
    EXPECT_EQ(Compiled(fmt::format("close_policy {{ on_dead_code: {} }}", good))->close.on_dead_code, good);
  }
  EXPECT_EQ(Compiled("close_policy { on_dead_code: 0 }")->close.on_dead_code, 4000);
  for (const int bad : {-1, 1, 999, 1001, 1006, 2999, 5000}) {
    EXPECT_THAT(ComplaintsAbout(fmt::format("close_policy {{ on_dead_code: {} }}", bad)),
                ElementsAre(Pair("session.spec.close_policy.on_dead_code", HasSubstr(std::to_string(bad)))));
  }
}

}  // namespace
}  // namespace holter::spec
