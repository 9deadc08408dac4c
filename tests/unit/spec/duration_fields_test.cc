// Every duration of the spec at and beyond both of its limits.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

struct DurationField {
  std::string path;       // below session.spec
  std::string text;       // the spec, {} stands for the value
  std::string least;      // good
  std::string too_small;  // empty: zero is good
  std::string most;       // good
  std::string too_large;
};

void PrintTo(const DurationField& field, std::ostream* out) { *out << field.path; }

class DurationFieldTest : public ::testing::TestWithParam<DurationField> {
 protected:
  static std::string With(const std::string& value) {
    std::string text = GetParam().text;
    return text.replace(text.find("{}"), 2, "\"" + value + "\"");
  }
  static std::string Path() { return "session.spec." + GetParam().path; }
};

TEST_P(DurationFieldTest, TakesItsLimits) {
  EXPECT_THAT(ComplaintsAbout(With(GetParam().least)), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(With(GetParam().most)), IsEmpty());
  EXPECT_THAT(ComplaintsAbout(With("")), IsEmpty());
}

TEST_P(DurationFieldTest, RefusesWhatIsBeyondAndSaysWhatItExpectedAndGot) {
  for (const std::string& value : {GetParam().too_small, GetParam().too_large}) {
    if (!value.empty()) {
      EXPECT_THAT(ComplaintsAbout(With(value)),
                  ElementsAre(Pair(Path(), AllOf(HasSubstr("expected a duration from"), HasSubstr(value)))))
          << value;
    }
  }
}

TEST_P(DurationFieldTest, RefusesWhatIsNoDuration) {
  for (const std::string value : {"20", "20 s", "s", "-1s", "1d", "1e3s", "NaNs", "999999999999h"}) {
    EXPECT_THAT(ComplaintsAbout(With(value)), ElementsAre(Pair(Path(), HasSubstr("expected a duration")))) << value;
  }
}

const std::string kSend = "send { text: 'x' }";

INSTANTIATE_TEST_SUITE_P(
    All, DurationFieldTest,
    ::testing::Values(
        DurationField{"timeouts.dns", "timeouts { dns: {} }", "10ms", "9.999ms", "5m", "5m1ms"},
        DurationField{"timeouts.connect", "timeouts { connect: {} }", "10ms", "9.999ms", "5m", "5m1ms"},
        DurationField{"timeouts.tls", "timeouts { tls: {} }", "10ms", "9.999ms", "5m", "5m1ms"},
        DurationField{"timeouts.upgrade", "timeouts { upgrade: {} }", "10ms", "9.999ms", "5m", "5m1ms"},
        DurationField{"timeouts.close", "timeouts { close: {} }", "10ms", "9.999ms", "5m", "5m1ms"},
        DurationField{"protocol_heartbeat.interval", "protocol_heartbeat { interval: {} }", "50ms", "0s", "24h",
                      "24h1s"},
        DurationField{"protocol_heartbeat.timeout", "protocol_heartbeat { timeout: {} }", "10ms", "9ms", "1h", "1h1ms"},
        DurationField{"protocol_heartbeat.first_delay", "protocol_heartbeat { first_delay: {} }", "0s", "", "24h",
                      "25h"},
        DurationField{"beats[0].interval", "beats { name: 'a' " + kSend + " interval: {} }", "50ms", "49ms", "24h",
                      "24h1s"},
        DurationField{"beats[0].timeout", "beats { name: 'a' " + kSend + " timeout: {} }", "10ms", "0s", "1h", "61m"},
        DurationField{"beats[0].first_delay", "beats { name: 'a' " + kSend + " first_delay: {} }", "0s", "", "24h",
                      "25h"},
        DurationField{"reconnect.first_delay", "reconnect { first_delay: {} }", "50ms", "49ms", "1h", "1h1s"},
        DurationField{"reconnect.max_delay", "reconnect { first_delay: '3s' max_delay: {} }", "3s", "2.9s", "24h",
                      "24h1s"},
        DurationField{"reconnect.stable_after", "reconnect { stable_after: {} }", "1s", "999ms", "24h", "24h1s"},
        DurationField{"reconnect.retry_after_max", "reconnect { retry_after_max: {} }", "0s", "", "24h", "24h1s"}));

TEST(DurationsTest, ReachTheirPlaces) {
  const auto shared = Compiled(R"(
    timeouts { dns: "1s" connect: "2s" tls: "3s" upgrade: "4s" close: "5s" }
    protocol_heartbeat { interval: "6s" timeout: "7s" first_delay: "8s" }
    beats { name: "a" interval: "9s" timeout: "10s" first_delay: "11s" send { text: "x" } }
    reconnect { first_delay: "12s" max_delay: "13s" stable_after: "14s" retry_after_max: "15s" })");
  int expected = 0;
  const core::PhaseTimeouts& timeouts = shared->connect.timeouts;
  const core::Cadence& protocol = shared->protocol.cadence;
  ASSERT_EQ(shared->beats.size(), 1u);
  const core::Cadence& beat = shared->beats[0].cadence;
  const core::ReconnectSpec& reconnect = shared->reconnect;
  for (const Duration got :
       {timeouts.dns, timeouts.connect, timeouts.tls, timeouts.upgrade, timeouts.close, protocol.interval,
        protocol.timeout, protocol.first_delay, beat.interval, beat.timeout, beat.first_delay, reconnect.first_delay,
        reconnect.max_delay, reconnect.stable_after, reconnect.retry_after_max}) {
    EXPECT_EQ(got, std::chrono::seconds(++expected));
  }
}

const std::string kBeat = "session.spec.beats[0].";

std::string BeatWith(const std::string& rest) { return "beats { name: 'a' " + kSend + " " + rest + " } "; }

TEST(ExpressionsTest, StandWhereADurationOfAHeartbeatStands) {
  const auto shared = Compiled(
      "parameters { key: 'every' value: '5s' } capture { values { key: 'wait' value { pointer: '/w' unit: 'ms' } } }" +
      BeatWith("interval: '2 * ${every}' timeout: 'interval / 2' first_delay: 'random(0, 1) * interval'") +
      "watchdogs { name: 'w' when { anything: true } within: 'max(10s, ${wait}) if ${wait}' }");
  ASSERT_EQ(shared->beats.size(), 1u);
  ASSERT_TRUE(shared->beats[0].computed.has_value());
  core::ValueStore values(shared->dialect.scope.size());
  Random random(1);
  const core::ComputedCadence& computed = *shared->beats[0].computed;
  EXPECT_EQ(computed.interval.Evaluate(values, Duration::zero(), random), std::nullopt);
  values.Set(*shared->dialect.scope.Find("every"), core::Value::Kind::kText, "5s");
  EXPECT_EQ(computed.interval.Evaluate(values, Duration::zero(), random), std::chrono::seconds(10));
  EXPECT_EQ(computed.timeout.Evaluate(values, std::chrono::seconds(10), random), std::chrono::seconds(5));
  EXPECT_TRUE(computed.first_delay.random());
  const core::DurationExpression& within = *shared->dialect.watchdogs.at(0).within;
  EXPECT_EQ(within.Evaluate(values, Duration::zero(), random), std::nullopt);
  values.Set(*shared->dialect.scope.Find("wait"), core::Value::Kind::kToken, "20000");
  EXPECT_EQ(within.Evaluate(values, Duration::zero(), random), std::chrono::seconds(20));
}

TEST(ExpressionsTest, AreClampedToTheLimitsOfTheirField) {
  const auto shared = Compiled("capture { values { key: 'wait' value { pointer: '/w' unit: 's' } } }" +
                               BeatWith("interval: '${wait}' timeout: '${wait}'"));
  core::ValueStore values(shared->dialect.scope.size());
  Random random(1);
  const core::ComputedCadence& computed = shared->beats.at(0).computed.value();
  values.Set(0, core::Value::Kind::kToken, "1e9");
  EXPECT_EQ(computed.interval.Evaluate(values, Duration::zero(), random), std::chrono::hours(24));
  EXPECT_EQ(computed.timeout.Evaluate(values, Duration::zero(), random), std::chrono::hours(1));
  values.Set(0, core::Value::Kind::kToken, "0");
  EXPECT_EQ(computed.interval.Evaluate(values, Duration::zero(), random), std::chrono::milliseconds(50));
  EXPECT_EQ(computed.timeout.Evaluate(values, Duration::zero(), random), std::chrono::milliseconds(10));
}

TEST(ExpressionsTest, AreRefusedWithTheirPlace) {
  const auto complaint = [](const std::string& rest) { return ComplaintsAbout(BeatWith(rest)); };
  EXPECT_THAT(complaint("interval: '1s + ${nope}'"),
              ElementsAre(Pair(kBeat + "interval", AllOf(HasSubstr("\"nope\""), HasSubstr("at character 5")))));
  EXPECT_THAT(complaint("interval: 'interval'"), ElementsAre(Pair(kBeat + "interval", HasSubstr("interval"))));
  EXPECT_THAT(complaint("interval: '2 * 25h'"),
              ElementsAre(Pair(kBeat + "interval", HasSubstr("expected a duration from 50ms to 24h"))));
  EXPECT_THAT(complaint("timeout: '1s + 2'"), ElementsAre(Pair(kBeat + "timeout", HasSubstr("at character 6"))));
  EXPECT_THAT(complaint("first_delay: 'random(1s)'"), ElementsAre(Pair(kBeat + "first_delay", HasSubstr("two"))));
}

TEST(DurationsTest, TimeoutMayBeLongerThanTheInterval) {
  EXPECT_THAT(ComplaintsAbout("protocol_heartbeat { interval: '50ms' timeout: '1h' }"), IsEmpty());
}

}  // namespace
}  // namespace holter::spec
