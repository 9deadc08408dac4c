// Each word of the story hangs on what is declared.
#include <string>

#include "tests/unit/spec/explain_story.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOff[] = "protocol_heartbeat { mode: MODE_OFF } ";

TEST(ExplainParts, Splits) {
  const auto split = [](const std::string& by) { return Story("decode { split { " + by + " } }"); };
  EXPECT_THAT(split("length: LENGTH_PREFIX_U16"),
              HasSubstr("Messages: split by the length before each message (U16)."));
  EXPECT_THAT(split("regex: 'a+'"), HasSubstr("Messages: split into what matches \"a+\"."));
  EXPECT_THAT(split("json_array: true"), HasSubstr("Messages: split into the elements of a JSON array."));
}

TEST(ExplainParts, Captures) {
  EXPECT_THAT(Story(R"(capture { when { text: "a" } values { key: "x" value { pointer: "/x" } } })"),
              HasSubstr("Remembers: of \"a\" x (/x)."));
}

TEST(ExplainParts, ShownValues) {
  EXPECT_THAT(Story(R"(capture { values { key: "x" value { pointer: "/x" } } } show: "x")"),
              HasSubstr("\nShows: x.\n"));
}

TEST(ExplainParts, ValuesThatMayBeMissing) {
  EXPECT_THAT(Story(R"(open { await { text: "a" } capture { key: "x" value { pointer: "/x" optional: true } } })"),
              HasSubstr("remembers x (/x, if it is there)."));
}

TEST(ExplainParts, Pings) {
  EXPECT_THAT(Story(R"(parameters { key: "p" value: "0" } protocol_heartbeat { interval: "1s if ${p}" })"),
              HasSubstr("\nPings: off (1s if ${p}).\n"));
  EXPECT_THAT(Story("protocol_heartbeat { answer: ANSWER_ANY_PONG }"), HasSubstr("; any pong has to come"));
  EXPECT_THAT(Story("protocol_heartbeat { answer: ANSWER_ANY_INBOUND }"), HasSubstr("; any byte has to come"));
  const std::string story = Story(R"(protocol_heartbeat { interval: "10s" timeout: "3s" misses_allowed: 1 })");
  EXPECT_THAT(story, HasSubstr("\n  Missed once: DEGRADED. 2 times in a row: dead.\n"));
  EXPECT_THAT(story, HasSubstr("\n  Silence is found out within 23s.\n"));
}

TEST(ExplainParts, Correlations) {
  const auto beat = [](const std::string& correlate) {
    return Story(R"(beats { name: "a" send { text: "${seq}" } expect { anything: true } correlate { equals: "seq" )" +
                 correlate + " } }");
  };
  EXPECT_THAT(beat(R"(pointer: "")"), HasSubstr(", with ${seq} at the whole JSON,"));
  EXPECT_THAT(beat(R"(pointer: "/id" compare: COMPARE_AT_LEAST)"), HasSubstr(", with at least ${seq} at /id,"));
  EXPECT_THAT(beat(R"(capture { protobuf: "1.2" })"), HasSubstr(", with ${seq} at field 1.2,"));
}

TEST(ExplainParts, SilenceIsFoundOutInABoundedTimeOnlyWhereTurnsAre) {
  const auto beat = [](const std::string& more) {
    return Story(std::string(kOff) +
                 R"(beats { name: "a" interval: "20s" timeout: "5s" send { text: "a" } expect { text: "b" } )" + more +
                 " }");
  };
  const auto found = HasSubstr("\n  Silence is found out within 25s.\n");
  EXPECT_THAT(beat("cadence: CADENCE_FIXED"), found);
  EXPECT_THAT(beat("cadence: CADENCE_IDLE_RECEIVED"), found);
  EXPECT_THAT(beat("cadence: CADENCE_IDLE_RECEIVED misses_allowed: 1"), Not(HasSubstr("Silence")));
  EXPECT_THAT(beat("cadence: CADENCE_IDLE_SENT"), Not(HasSubstr("Silence")));
  EXPECT_THAT(beat("cadence: CADENCE_AFTER_ANSWER"), Not(HasSubstr("Silence")));
}

TEST(ExplainParts, WatchdogsAndTheirChecks) {
  EXPECT_THAT(Story(R"(watchdogs { name: "w" when { anything: true } within: "9s" per { pointer: "/ch" }
                                   check { value { pointer: "/n" } growing: true consequence: CONSEQUENCE_DEAD } })"),
              HasSubstr("\nWatchdog w: any message has to come within 9s, for each /ch that was seen, else dead.\n"
                        "  Its /n may not shrink, and has to grow within that time, else dead.\n"));
  EXPECT_THAT(Story(R"(watchdogs { name: "w" when { anything: true }
                                   check { value { pointer: "/t" unit: "ms" } fresher_than: "5s" } })"),
              HasSubstr("\nWatchdog w: looks at any message.\n"
                        "  Its /t has to be a time not older than 5s, else DEGRADED until it is so again.\n"));
  EXPECT_THAT(Story(R"(parameters { key: "p" value: "0" }
                       watchdogs { name: "w" when { anything: true } within: "9s if ${p}" })"),
              HasSubstr("\nWatchdog w: off (9s if ${p}).\n"));
}

TEST(ExplainParts, AnswersAndEnds) {
  EXPECT_THAT(Story(R"(beats { name: "b" send { text: "b" } }
                       answers { when { text: "a" } send { text: "c" } beat_now: "b" })"),
              HasSubstr("\nAnswers: to \"a\": sends \"c\", and beat b at once.\n"));
  EXPECT_THAT(
      Story(R"(ends { when { text: "a" } verdict: VERDICT_NEVER } ends { when { text: "b" } verdict: VERDICT_DEAD })"),
      HasSubstr("\nEnds: at \"a\": never comes back.\nEnds: at \"b\": dead.\n"));
}

TEST(ExplainParts, Afterwards) {
  EXPECT_THAT(Story(R"(close_policy { on_dead_abort: true rules { close_codes: "4001" then: RETRY_CLASS_AT_ONCE }
                                      rules { close_codes: "4002" then: RETRY_CLASS_BACK_OFF } })"),
              HasSubstr("\nDead: drops the connection without a close frame.\n"));
  const std::string story = Story(R"(close_policy { rules { close_codes: "4001" then: RETRY_CLASS_AT_ONCE }
                                                    rules { close_codes: "4002" then: RETRY_CLASS_BACK_OFF } })");
  EXPECT_THAT(story, HasSubstr("\n  Close code 4001: comes back after the first delay, if the connection was stable.\n"
                               "  Close code 4002: comes back as after any loss.\n"));
  EXPECT_THAT(Story(R"(reconnect { first_delay: "5m" })"),
              HasSubstr("after 5m, then 2 times as long each time, up to 5m,"));
  EXPECT_THAT(Story(R"(limits { never_send: true })"), HasSubstr("\nLimits: no message is ever sent.\n"));
}

TEST(ExplainParts, IdleSilencesOfEveryCadence) {
  const auto beat = [](const std::string& more) {
    return Idle(std::string(kOff) + R"(beats { name: "a" interval: "50s" timeout: "5s" send { text: "a" } )" + more +
                " }");
  };
  const auto sent = HasSubstr("something is sent every 50s, but");
  EXPECT_THAT(beat("cadence: CADENCE_IDLE expect { text: 'b' }"), sent);
  EXPECT_THAT(beat("cadence: CADENCE_IDLE_SENT expect { text: 'b' }"), sent);
  EXPECT_THAT(beat("cadence: CADENCE_IDLE_RECEIVED"), sent) << "nothing answers it";
}

TEST(ExplainParts, WhereItConnects) { EXPECT_EQ(ExplainSpec({})[0], "Connects to the url of the session."); }

TEST(ExplainParts, TimesThatThePeerSays) {
  const std::string hello =
      R"(open { await { anything: true } capture { key: "x" value { pointer: "/x" unit: "s" } } } )";
  const std::string rest = R"( send { text: "a" } expect { text: "b" } })";
  EXPECT_THAT(Story(kOff + hello + R"(beats { name: "a" interval: "10s" timeout: "${x}")" + rest),
              AllOf(HasSubstr("within ${x}."), Not(HasSubstr("Silence"))));
  EXPECT_THAT(Story(kOff + hello + R"(beats { name: "a" interval: "${x} if ${x}")" + rest),
              HasSubstr("\nBeat a: every ${x} if ${x} sends"))
      << "who knows whether it is off";
  EXPECT_THAT(Story(kOff + std::string(R"(parameters { key: "p" value: "${secret:feeds/token}" }
                                          beats { name: "a" interval: "${p}")") +
                    rest),
              HasSubstr("\nBeat a: every ${p} sends"));
}

TEST(ExplainParts, WhatIsKnownOnlyLater) {
  const std::string later = "is known only when the session runs (";
  const std::string hello =
      R"(open { await { anything: true } capture { key: "x" value { pointer: "/x" unit: "s" } } } )";
  EXPECT_THAT(Idle(hello + R"(protocol_heartbeat { interval: "${x}" })"), HasSubstr(later + "the pings)"));
  EXPECT_THAT(Idle(kOff + hello + R"(watchdogs { name: "w" when { anything: true } within: "${x}" })"),
              HasSubstr(later + "w)"));
  EXPECT_THAT(
      Idle(std::string(kOff) + R"s(watchdogs { name: "w" when { anything: true } within: "random(10s, 20s)" })s"),
      HasSubstr(later + "w)"));
  const std::string off = R"(parameters { key: "p" value: "0" } )";
  EXPECT_THAT(Idle(off + R"(protocol_heartbeat { interval: "1s if ${p}" })"), HasSubstr("neither side"));
  EXPECT_THAT(Idle(off + kOff + R"(beats { name: "a" interval: "1s if ${p}" send { text: "a" } })"),
              HasSubstr("neither side"));
  EXPECT_THAT(Idle(off + kOff + R"(watchdogs { name: "w" when { anything: true } within: "1s if ${p}" })"),
              HasSubstr("neither side"));
}

}  // namespace
}  // namespace holter::spec
