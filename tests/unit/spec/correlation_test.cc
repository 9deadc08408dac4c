#include "spec/correlation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

const std::string kBeat = "session.spec.beats[0].";

std::string BeatOf(const std::string& text) { return "beats { name: 'a' " + text + " }"; }

const std::string kSend = "send { text: '${seq} ${uuid}' } ";

// The echo in a message; "-" when there is none.
std::string Echo(const std::string& rest, std::string_view message) {
  const auto shared = Compiled(BeatOf(kSend + rest));
  core::Value value;
  const bool found = !shared->beats.empty() && shared->beats[0].correlate &&
                     shared->beats[0].correlate->place.Extract({core::InboundKind::kText, message}, value);
  return found ? value.text : "-";
}

TEST(CorrelationTest, ReachesItsPlace) {
  const auto pointer = Compiled(BeatOf(kSend + "expect { regex: '.' } correlate { pointer: '/id' equals: 'uuid' }"));
  ASSERT_TRUE(pointer->beats.at(0).correlate.has_value());
  EXPECT_EQ(pointer->beats[0].correlate->variable, core::Variable::kUuid);
  EXPECT_FALSE(pointer->beats[0].correlate->at_least);
  EXPECT_EQ(Echo("expect { regex: '.' } correlate { pointer: '/id' equals: 'uuid' }", R"({"id":"x"})"), "x");
  EXPECT_EQ(Echo("expect { regex: '.' prefix: '4' } correlate { pointer: '/id' equals: 'uuid' }", R"(4{"id":1})"), "1");
  EXPECT_EQ(Echo("expect { regex: '(a)(b)' } correlate { regex_group: 2 equals: 'seq' }", "ab"), "b");
  EXPECT_EQ(Echo("expect { regex: '^(a)' prefix: 'x' } correlate { regex_group: 1 equals: 'seq' }", "xa"), "a");
  EXPECT_EQ(Echo("expect { bytes: '..' } correlate { capture { bytes: '1:2' } equals: 'seq' }", "ab"), "b");
}

TEST(CorrelationTest, AtLeastComparesNumbers) {
  const auto counted = Compiled(
      BeatOf(kSend + "expect { regex: '(.)' } correlate { regex_group: 1 equals: 'seq' compare: COMPARE_AT_LEAST }"));
  ASSERT_TRUE(counted->beats.at(0).correlate.has_value());
  EXPECT_TRUE(counted->beats[0].correlate->at_least);
  for (const std::string number : {"unix_s", "unix_ms", "unix_us", "unix_ns"}) {
    EXPECT_THAT(ComplaintsAbout(BeatOf("send { text: '${" + number +
                                       "}' } expect { regex: '(.)' } correlate { "
                                       "regex_group: 1 equals: '" +
                                       number + "' compare: COMPARE_AT_LEAST }")),
                IsEmpty())
        << number;
  }
  EXPECT_THAT(ComplaintsAbout(BeatOf(kSend + "expect { regex: '(.)' } correlate { regex_group: 1 equals: 'uuid' "
                                             "compare: COMPARE_AT_LEAST }")),
              ElementsAre(Pair(kBeat + "correlate.compare", HasSubstr("numbers"))));
}

TEST(CorrelationTest, NeedsAnExpectOfTheFittingKind) {
  const auto complaints = [](const std::string& rest) { return ComplaintsAbout(BeatOf(kSend + rest)); };
  EXPECT_THAT(complaints("correlate { pointer: '/id' equals: 'seq' }"),
              ElementsAre(Pair(kBeat + "correlate", "needs expect")));
  for (const std::string expect : {"text: 'a'", "bytes: '00'"}) {
    EXPECT_THAT(complaints("expect { " + expect + " } correlate { pointer: '/id' equals: 'seq' }"),
                ElementsAre(Key(kBeat + "correlate.pointer")));
    EXPECT_THAT(complaints("expect { " + expect + " } correlate { regex_group: 1 equals: 'seq' }"),
                ElementsAre(Key(kBeat + "correlate.regex_group")));
  }
  EXPECT_THAT(complaints("expect { json { equals { bool_value: true } } } correlate { regex_group: 1 equals: 'seq' }"),
              ElementsAre(Key(kBeat + "correlate.regex_group")));
  for (const std::string group : {"0", "2", "-1"}) {
    EXPECT_THAT(complaints("expect { regex: '(a)' } correlate { regex_group: " + group + " equals: 'seq' }"),
                ElementsAre(Pair(kBeat + "correlate.regex_group", HasSubstr("1 groups"))))
        << group;
  }
}

TEST(CorrelationTest, ATimeToComeIsNotRepeated) {
  EXPECT_THAT(
      ComplaintsAbout(BeatOf("send { text: '${unix_ms+1s}' } expect { regex: '(a)' } correlate { regex_group: 1 "
                             "equals: 'unix_ms' }")),
      ElementsAre(Key(kBeat + "correlate.equals")));
}

TEST(CorrelationTest, PlaceAndVariableAreRequiredAndGood) {
  const auto complaints = [](const std::string& rest) {
    return ComplaintsAbout(BeatOf(kSend + "expect { regex: '(a)' } " + rest));
  };
  EXPECT_THAT(complaints("correlate { equals: 'seq' }"),
              ElementsAre(Pair(kBeat + "correlate", HasSubstr("pointer, regex_group, capture"))));
  EXPECT_THAT(complaints("correlate { pointer: 'x' equals: 'seq' }"), ElementsAre(Key(kBeat + "correlate.pointer")));
  for (const std::string variable : {"", "SEQ", "id", "${seq}"}) {
    EXPECT_THAT(complaints("correlate { regex_group: 1 equals: '" + variable + "' }"),
                ElementsAre(Pair(kBeat + "correlate.equals", HasSubstr("seq, unix_s, unix_ms"))))
        << variable;
  }
  EXPECT_THAT(complaints("correlate { regex_group: 1 equals: 'unix_ms' }"),
              ElementsAre(Pair(kBeat + "correlate.equals", HasSubstr("does not occur in send"))));
}

TEST(CorrelationTest, ABadSendOrExpectIsNotComplainedAboutTwice) {
  EXPECT_THAT(
      ComplaintsAbout(BeatOf("send { text: '${x}' } expect { regex: '(' } correlate { regex_group: 1 equals: 'seq' }")),
      ElementsAre(Key(kBeat + "expect.regex"), Key(kBeat + "send.text")));
  const std::string prefix(65, 'p');
  EXPECT_THAT(ComplaintsAbout(BeatOf(kSend + "expect { regex: '.' prefix: '" + prefix +
                                     "' } correlate { pointer: '/id' equals: 'seq' }")),
              ElementsAre(Key(kBeat + "expect.prefix")));
}

}  // namespace
}  // namespace holter::spec
