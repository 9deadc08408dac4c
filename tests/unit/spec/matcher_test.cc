#include "spec/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

// What CompileMatcher makes of a matcher in text format, which it calls "m".
struct Made {
  std::optional<core::Matcher> matcher;
  Complaints complaints;
};

Made Make(const std::string& text, bool allow_control = false) {
  Made made;
  std::vector<FieldViolation> violations;
  made.matcher = CompileMatcher(FromText<v1::Matcher>(text), FieldPath("m", violations), allow_control);
  EXPECT_EQ(made.matcher.has_value(), violations.empty()) << text;
  for (const FieldViolation& violation : violations) {
    EXPECT_TRUE(made.complaints.emplace(violation.field, violation.description).second) << violation.field;
  }
  return made;
}

Complaints ComplaintsOf(const std::string& text) { return Make(text).complaints; }

bool Matches(const std::string& text, std::string_view message, core::InboundKind kind = core::InboundKind::kText) {
  const Made made = Make(text, /*allow_control=*/true);
  EXPECT_THAT(made.complaints, IsEmpty()) << text;
  return made.matcher && made.matcher->Matches(core::InboundMessage(kind, message));
}

TEST(MatcherTest, EveryPartMatches) {
  EXPECT_TRUE(Matches("text: 'pong'", "pong"));
  EXPECT_FALSE(Matches("text: 'pong'", "pong!"));
  EXPECT_TRUE(Matches("regex: 'p.ng'", "a ping b"));
  EXPECT_TRUE(Matches("bytes: '00 ff'", std::string_view("\0\xff", 2)));
  EXPECT_TRUE(Matches("bytes: '00/FE ??{2} ..'", std::string_view("\1abc", 4)));
  EXPECT_TRUE(Matches("empty: true", ""));
  EXPECT_FALSE(Matches("empty: true", "a"));
  EXPECT_TRUE(Matches("anything: true", "a"));
  EXPECT_TRUE(Matches("prefix: '42' regex: '^x'", "42x"));
  EXPECT_FALSE(Matches("prefix: '42'", "43"));
  EXPECT_TRUE(Matches("length { least: 2 most: 3 }", "abc"));
  EXPECT_FALSE(Matches("length { most: 2 }", "abc"));
  EXPECT_FALSE(Matches("length { least: 4 }", "abc"));
  EXPECT_TRUE(Matches("length { most: 0 }", ""));
  EXPECT_TRUE(Matches("protobuf { path: '1' equals: '150' }", "\x08\x96\x01"));
  EXPECT_TRUE(Matches("protobuf { path: '1' }", "\x08\x96\x01"));
  EXPECT_TRUE(Matches("any { text: 'a' } any { text: 'b' }", "b"));
  EXPECT_FALSE(Matches("all { regex: 'a' } all { regex: 'b' }", "b"));
  EXPECT_FALSE(Matches("not { text: 'a' }", "a"));
  EXPECT_FALSE(Matches("frame: FRAME_BINARY", "a"));
  EXPECT_TRUE(Matches("frame: FRAME_PONG", "a", core::InboundKind::kPong));
}

TEST(MatcherTest, EveryJsonConditionMatches) {
  const std::string both =
      "json { pointer: '/op' equals { string_value: 'pong' } } json { pointer: '/n' equals { number_value: 1 } }";
  EXPECT_TRUE(Matches(both, R"({"op":"pong","n":1.0})"));
  EXPECT_FALSE(Matches(both, R"({"op":"pong","n":2})"));
  EXPECT_TRUE(Matches("json { equals { null_value: NULL_VALUE } }", "null"));
  EXPECT_TRUE(Matches("json { pointer: '/a' exists: false }", "{}"));
  EXPECT_FALSE(Matches("json { pointer: '/a' exists: true }", "{}"));
  EXPECT_TRUE(Matches("json { type: JSON_TYPE_ARRAY }", "[]"));
  EXPECT_FALSE(Matches("json { type: JSON_TYPE_OBJECT }", "[]"));
  EXPECT_TRUE(Matches("json { one_of { number_value: 1 } one_of { bool_value: true } }", "true"));
  EXPECT_TRUE(Matches("json { at_least: 1 below: 2 }", "1"));
  EXPECT_FALSE(Matches("json { at_least: 1 below: 2 }", "2"));
  EXPECT_TRUE(Matches("json { regex: '^a' }", "\"ab\""));
  EXPECT_TRUE(Matches("json { pointer: '/0' inside: '' type: JSON_TYPE_NUMBER }", "[\"17\"]"));
}

TEST(MatcherTest, MatchersInsideLookAtTheSameFrames) {
  EXPECT_TRUE(Matches("frame: FRAME_PING any { text: 'a' } any { text: 'b' }", "b", core::InboundKind::kPing));
  EXPECT_FALSE(Matches("frame: FRAME_PING any { text: 'a' } any { text: 'b' }", "b"));
  const std::string either = "any { frame: FRAME_PONG } any { text: 'a' }";
  EXPECT_TRUE(Matches(either, "x", core::InboundKind::kPong));
  EXPECT_TRUE(Matches(either, "a"));
  EXPECT_FALSE(Matches(either, "x"));
}

TEST(MatcherTest, SomethingIsAsked) {
  EXPECT_THAT(ComplaintsOf(""), ElementsAre(Pair("m", HasSubstr("at least one of"))));
  EXPECT_THAT(ComplaintsOf("any {} not {}"), ElementsAre(Key("m.any[0]"), Key("m.not")));
  EXPECT_THAT(ComplaintsOf("json { pointer: '/a' inside: '/b' }"),
              ElementsAre(Pair("m.json[0]", HasSubstr("equals, exists, type"))));
}

TEST(MatcherTest, WhatIsMalformedIsNamed) {
  EXPECT_THAT(ComplaintsOf("regex: '(a'"), ElementsAre(Pair("m.regex", HasSubstr("missing )"))));
  EXPECT_THAT(ComplaintsOf("bytes: '0'"), ElementsAre(Key("m.bytes")));
  EXPECT_THAT(ComplaintsOf("json { pointer: 'op' equals { bool_value: true } }"),
              ElementsAre(Key("m.json[0].pointer")));
  EXPECT_THAT(ComplaintsOf("json { pointer: '/a~2' }"), ElementsAre(Key("m.json[0]"), Key("m.json[0].pointer")));
  EXPECT_THAT(ComplaintsOf("json { equals {} }"), ElementsAre(Key("m.json[0].equals")));
  EXPECT_THAT(ComplaintsOf("json { equals { number_value: nan } }"), ElementsAre(Key("m.json[0].equals")));
  EXPECT_THAT(ComplaintsOf("json { one_of { bool_value: true } one_of {} }"), ElementsAre(Key("m.json[0].one_of[1]")));
  EXPECT_THAT(ComplaintsOf("json { at_least: nan }"), ElementsAre(Key("m.json[0].at_least")));
  EXPECT_THAT(ComplaintsOf("json { below: inf }"), ElementsAre(Key("m.json[0].below")));
  EXPECT_THAT(ComplaintsOf("json { inside: 'a' exists: true }"), ElementsAre(Key("m.json[0].inside")));
  EXPECT_THAT(ComplaintsOf("json { type: 9 }"), ElementsAre(Key("m.json[0].type")));
  EXPECT_THAT(ComplaintsOf("frame: 9"), ElementsAre(Key("m.frame")));
  EXPECT_THAT(ComplaintsOf("protobuf {}"), ElementsAre(Pair("m.protobuf[0].path", HasSubstr("5.2"))));
  EXPECT_THAT(ComplaintsOf("length { least: -1 }"), ElementsAre(Key("m.length.least")));
  EXPECT_THAT(ComplaintsOf("length { least: 3 most: 2 }"), ElementsAre(Pair("m.length.most", HasSubstr("at least 3"))));
}

TEST(MatcherTest, EverythingThatIsWrongIsNamedAtOnce) {
  EXPECT_THAT(ComplaintsOf("regex: '(' bytes: 'x' json { exists: true } json { regex: '(' } json { regex: '[' } "
                           "protobuf { path: '1' } protobuf { path: 'x' }"),
              ElementsAre(Key("m.bytes"), Key("m.json[1].regex"), Key("m.json[2].regex"), Key("m.protobuf[1].path"),
                          Key("m.regex")));
  EXPECT_THAT(ComplaintsOf("any { regex: '(' } all { text: 'a' } all { bytes: 'x' } not { not { regex: '(' } }"),
              ElementsAre(Key("m.all[1].bytes"), Key("m.any[0].regex"), Key("m.not.not.regex")));
}

TEST(MatcherTest, WhatCanNeverHoldIsNamed) {
  EXPECT_THAT(ComplaintsOf("json { exists: false type: JSON_TYPE_NULL }"), ElementsAre(Key("m.json[0].exists")));
  EXPECT_THAT(ComplaintsOf("json { at_least: 2 below: 2 }"), ElementsAre(Key("m.json[0].below")));
  EXPECT_THAT(ComplaintsOf("json { equals { bool_value: true } one_of { bool_value: true } }"),
              ElementsAre(Key("m.json[0].one_of")));
  for (const std::string other : {"text: 'a'", "regex: 'a'", "bytes: '00'", "prefix: 'a'", "length { most: 1 }",
                                  "json { exists: true }", "protobuf { path: '1' }"}) {
    EXPECT_THAT(ComplaintsOf("empty: true " + other), ElementsAre(Key("m.empty"))) << other;
  }
}

TEST(MatcherTest, ControlFramesOnlyWhereTheyMayBe) {
  EXPECT_THAT(ComplaintsOf("frame: FRAME_PING"), ElementsAre(Pair("m.frame", HasSubstr("TEXT or BINARY"))));
  EXPECT_THAT(ComplaintsOf("any { frame: FRAME_PONG }"), ElementsAre(Key("m.any[0].frame")));
  EXPECT_THAT(Make("frame: FRAME_PING", /*allow_control=*/true).complaints, IsEmpty());
}

TEST(MatcherTest, SizesAreBounded) {
  const auto many = [](size_t count) { return std::string(count, 'a'); };
  EXPECT_THAT(ComplaintsOf("text: '" + many(4096) + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("text: '" + many(4097) + "'"),
              ElementsAre(Pair("m.text", AllOf(HasSubstr("4097"), Not(HasSubstr("aa"))))));
  EXPECT_THAT(ComplaintsOf("regex: '" + many(1024) + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("regex: '" + many(1025) + "'"), ElementsAre(Key("m.regex")));
  EXPECT_THAT(ComplaintsOf("bytes: '" + many(8192) + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("bytes: '" + many(8194) + "'"), ElementsAre(Key("m.bytes")));
  EXPECT_THAT(ComplaintsOf("prefix: '" + many(64) + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("prefix: '" + many(65) + "'"), ElementsAre(Key("m.prefix")));
  EXPECT_THAT(ComplaintsOf("json { pointer: '/" + many(255) + "' exists: true }"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("json { pointer: '/" + many(256) + "' exists: true }"),
              ElementsAre(Key("m.json[0].pointer")));
  EXPECT_THAT(ComplaintsOf("json { inside: '/" + many(256) + "' exists: true }"), ElementsAre(Key("m.json[0].inside")));
  EXPECT_THAT(ComplaintsOf("json { equals { string_value: '" + many(4094) + "' } }"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("json { equals { string_value: '" + many(4095) + "' } }"),
              ElementsAre(Key("m.json[0].equals")));
  EXPECT_THAT(ComplaintsOf("json { regex: '" + many(1025) + "' }"), ElementsAre(Key("m.json[0].regex")));
  EXPECT_THAT(ComplaintsOf("protobuf { path: '1.1.1.1.1.1.1.1' }"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("protobuf { path: '1.1.1.1.1.1.1.1.1' }"), ElementsAre(Key("m.protobuf[0].path")));
}

TEST(MatcherTest, CountsAreBounded) {
  const auto times = [](int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) {
      all += text + " ";
    }
    return all;
  };
  for (const auto& [field, text] : {std::pair<std::string, std::string>("json", "json { exists: true }"),
                                    {"protobuf", "protobuf { path: '1' }"},
                                    {"any", "any { text: 'a' }"},
                                    {"all", "all { text: 'a' }"}}) {
    EXPECT_THAT(ComplaintsOf(times(16, text)), IsEmpty()) << field;
    EXPECT_THAT(ComplaintsOf(times(17, text)), ElementsAre(Key("m." + field)));
  }
  const std::string values = times(16, "one_of { bool_value: true }");
  EXPECT_THAT(ComplaintsOf("json { " + values + " }"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("json { " + values + " one_of { bool_value: true } }"),
              ElementsAre(Key("m.json[0].one_of")));
}

TEST(MatcherTest, DepthIsBounded) {
  EXPECT_THAT(ComplaintsOf("not { any { all { text: 'a' } } }"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("not { any { all { not { text: 'a' } } } }"),
              ElementsAre(Pair("m.not.any[0].all[0].not", HasSubstr("at most 4 deep"))));
}

}  // namespace
}  // namespace holter::spec
