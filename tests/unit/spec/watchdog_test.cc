#include "spec/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string WatchdogOf(const std::string& rest) {
  return "watchdogs { name: 'w' within: '10s' when { anything: true } " + rest + " }";
}

// The value that a message says is gone; "-" when there is none.
std::string Gone(const std::string& rest, std::string_view message) {
  const auto shared = Compiled(WatchdogOf(rest));
  const core::WatchdogSpec& watchdog = shared->dialect.watchdogs.at(0);
  core::Value value;
  const core::InboundMessage said(core::InboundKind::kText, message);
  return watchdog.gone && watchdog.gone->when.Matches(said) && watchdog.gone->value.Extract(said, value) ? value.text
                                                                                                         : "-";
}

TEST(WatchdogTest, WhatIsGoneStandsWherePerSaysOrElsewhere) {
  const std::string unsubscribed = R"({"event":"unsubscribed","chanId":7})";
  const std::string when = "when { json { pointer: '/event' equals { string_value: 'unsubscribed' } } }";
  EXPECT_EQ(Gone("per { pointer: '/chanId' } gone { " + when + " }", unsubscribed), "7");
  EXPECT_EQ(Gone("per { pointer: '/0' } gone { " + when + " }", unsubscribed), "-");
  EXPECT_EQ(Gone("per { pointer: '/0' } gone { " + when + " value { pointer: '/chanId' } }", unsubscribed), "7");
  EXPECT_EQ(Gone("per { pointer: '/chanId' } gone { " + when + " }", R"({"event":"subscribed","chanId":7})"), "-");
  EXPECT_EQ(Gone("per { pointer: '/chanId' }", unsubscribed), "-");
}

TEST(WatchdogTest, GoneNeedsAValueAndWords) {
  const std::string at = "session.spec.watchdogs[0].gone";
  EXPECT_THAT(ComplaintsAbout(WatchdogOf("gone { when { anything: true } }")), ElementsAre(Pair(at, "only with per")));
  EXPECT_THAT(ComplaintsAbout(WatchdogOf("per { pointer: '/0' } gone { }")),
              ElementsAre(Pair(at + ".when", "required")));
  EXPECT_THAT(ComplaintsAbout(WatchdogOf("per { pointer: '/0' } gone { when { anything: true } value { } }")),
              ElementsAre(Pair(at + ".value", HasSubstr("exactly one"))));
}

}  // namespace
}  // namespace holter::spec
