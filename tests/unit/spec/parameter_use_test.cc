#include "spec/parameter_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string WithEvery(const std::string& value) {
  return "parameters { key: 'every' value: '" + value + "' } " +
         "beats { name: 'a' interval: '${every}' send { text: 'x' } } " +
         "watchdogs { name: 'w' when { anything: true } within: '2 * ${every}' degraded_after: '${every}' }";
}

TEST(ParameterUseTest, ADurationNeedsItsUnit) {
  EXPECT_THAT(ComplaintsAbout(WithEvery("20s")), IsEmpty());
  for (const std::string bad : {"20", "", "soon", "20 s", "-1s"}) {
    EXPECT_THAT(ComplaintsAbout(WithEvery(bad)),
                ElementsAre(Pair("session.spec.parameters[\"every\"]",
                                 "expected a duration with a unit, such as 20s or 1m30s, got \"" + bad + "\"")))
        << bad;
  }
}

TEST(ParameterUseTest, AFactorIsANumber) {
  const auto spec = [](const std::string& value) {
    return "parameters { key: 'times' value: '" + value +
           "' } protocol_heartbeat { interval: '10s' timeout: '${times} * interval' }";
  };
  EXPECT_THAT(ComplaintsAbout(spec("2.5")), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(spec("2s")),
              ElementsAre(Pair("session.spec.parameters[\"times\"]", "expected a number, got \"2s\"")));
}

TEST(ParameterUseTest, WhatAnIfTurnsOffNeedsNoUnit) {
  const auto spec = [](const std::string& value) {
    return "parameters { key: 'every' value: '" + value +
           "' } beats { name: 'a' interval: 'max(1s, ${every}) if ${every}' send { text: 'x' } }";
  };
  for (const std::string good : {"0", "", "false", "5s"}) EXPECT_THAT(ComplaintsAbout(spec(good)), IsEmpty()) << good;
  EXPECT_FALSE(ComplaintsAbout(spec("5")).empty());
}

TEST(ParameterUseTest, ASecretIsNotKnownYet) {
  EXPECT_THAT(ComplaintsAbout(WithEvery("${secret:a/every}")), IsEmpty());
}

}  // namespace
}  // namespace holter::spec
