#include "core/matcher.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holter::core {
namespace {

JsonCondition When(std::string_view pointer, std::string equals) {
  return {.pointer = *JsonPointer::Parse(pointer), .one_of = {std::move(equals)}};
}

bool Matches(const Matcher& matcher, std::string_view message) {
  return matcher.Matches(InboundMessage(InboundKind::kText, message));
}

Matcher Json(std::vector<JsonCondition> conditions) { return *Matcher::Json(std::move(conditions)); }

TEST(MatcherJson, AllConditionsHold) {
  const Matcher matcher = Json({When("/op", "\"pong\""), When("/data/1/ok", "true")});
  EXPECT_TRUE(Matches(matcher, R"({"data":[0,{"ok":true}],"op":"pong","more":[1,2,{"op":"no"}]})"));
  EXPECT_FALSE(Matches(matcher, R"({"data":[0,{"ok":false}],"op":"pong"})"));
  EXPECT_FALSE(Matches(matcher, R"({"data":[{"ok":true}],"op":"pong"})"));
  EXPECT_FALSE(Matches(matcher, R"({"op":"pong"})"));
  EXPECT_FALSE(Matches(matcher, R"("pong")"));
}

TEST(MatcherJson, WhatIsNotJsonDoesNotMatch) {
  const Matcher matcher = Json({When("/op", "\"pong\"")});
  for (const char* text :
       {"", "pong", R"({"op":"pong")", R"({"op":"pong"} x)", R"({"op":"pong"}{})", R"({op:"pong"})"}) {
    EXPECT_FALSE(Matches(matcher, text)) << text;
  }
}

TEST(MatcherJson, NumbersCompareAsNumbers) {
  const Matcher one = Json({When("/n", "1")});
  for (const char* text : {"1", "1.0", "1e0", "10e-1", "0.1E1", "1.000"}) {
    EXPECT_TRUE(Matches(one, std::string("{\"n\":") + text + "}")) << text;
  }
  for (const char* text : {"\"1\"", "2", "-1", "10", "0.1", "1e1", "true", "[1]", "1.0000000000000000000000001"}) {
    EXPECT_FALSE(Matches(one, std::string("{\"n\":") + text + "}")) << text;
  }
  const Matcher zero = Json({When("", "0")});
  for (const char* text : {"0", "-0", "0.0", "0e5", "-0.00E-3"}) EXPECT_TRUE(Matches(zero, text)) << text;
}

TEST(MatcherJson, NumbersBeyond64BitsAreExact) {
  const Matcher matcher = Json({When("/id", "123456789012345678901234567890")});
  EXPECT_TRUE(Matches(matcher, R"({"id":123456789012345678901234567890})"));
  EXPECT_TRUE(Matches(matcher, R"({"id":12345678901234567890123456789e1})"));
  EXPECT_FALSE(Matches(matcher, R"({"id":123456789012345678901234567891})"));
  const Matcher beyond_double = Json({When("/id", "9007199254740993")});
  EXPECT_FALSE(Matches(beyond_double, R"({"id":9007199254740992})"));
}

TEST(MatcherJson, StructuresCompareByValue) {
  const Matcher matcher = Json({When("/d", R"({"a":[1,"x",null],"b":{}})")});
  EXPECT_TRUE(Matches(matcher, R"({"d":{ "b" : {}, "a":[1.0, "\u0078", null] }})"));
  EXPECT_FALSE(Matches(matcher, R"({"d":{"b":{},"a":[1,"x"]}})"));
  EXPECT_FALSE(Matches(matcher, R"({"d":{"b":[],"a":[1,"x",null]}})"));
  EXPECT_FALSE(Matches(matcher, R"({"d":{"b":{},"a":["x",1,null]}})"));
}

TEST(MatcherJson, StringsDoNotPassForStructure) {
  const Matcher matcher = Json({When("", R"(["a,b"])")});
  EXPECT_FALSE(Matches(matcher, R"(["a","b"])"));
  EXPECT_FALSE(Matches(matcher, R"(["a,1:b"])"));
  EXPECT_FALSE(Matches(Json({When("/x", "\"true\"")}), R"({"x":true})"));
}

TEST(MatcherJson, PointersWithOddTokens) {
  EXPECT_TRUE(Matches(Json({When("/a~1b", "1")}), R"({"a/b":1})"));
  EXPECT_TRUE(Matches(Json({When("/", "1")}), R"({"":1})"));
  EXPECT_TRUE(Matches(Json({When("/0", "1")}), R"({"0":1})")) << "a member may be called 0";
  EXPECT_TRUE(Matches(Json({When("/0", "1")}), "[1]"));
  EXPECT_FALSE(Matches(Json({When("/00", "1")}), "[1]"));
  EXPECT_FALSE(Matches(Json({When("/-", "1")}), "[1]"));
  EXPECT_FALSE(Matches(Json({When("/0/0", "1")}), "[1]"));
  EXPECT_TRUE(Matches(Json({When("/1/0", "2")}), "[[1],[2]]"));
}

TEST(MatcherJson, OfRepeatedMembersTheLastCounts) {
  EXPECT_TRUE(Matches(Json({When("/a", "2")}), R"({"a":1,"a":2})"));
  EXPECT_FALSE(Matches(Json({When("/a", "1")}), R"({"a":1,"a":2})"));
  EXPECT_FALSE(Matches(Json({When("/a/b", "1")}), R"({"a":{"b":1},"a":{}})"));
  EXPECT_FALSE(Matches(Json({When("/a/b", "1")}), R"({"a":{"b":1},"a":3})"));
}

TEST(MatcherJson, ConditionsMustBeJson) {
  EXPECT_FALSE(Matcher::Json({{.pointer = {}, .one_of = {"pong"}}}).ok());
  EXPECT_FALSE(Matcher::Json({{.pointer = {}, .one_of = {""}}}).ok());
}

TEST(MatcherJson, DeepMessagesDoNotMatchAndDoNotCrash) {
  const Matcher matcher = Json({When("/a", "1")});
  EXPECT_FALSE(Matches(matcher, std::string(100000, '[')));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  EXPECT_FALSE(Matches(matcher, deep));
}

TEST(MatcherJson, ExistenceIncludesNull) {
  JsonCondition there{.pointer = *JsonPointer::Parse("/a"), .exists = true};
  EXPECT_TRUE(Matches(Json({there}), R"({"a":null})"));
  EXPECT_FALSE(Matches(Json({there}), R"({"b":1})"));
  JsonCondition gone{.pointer = *JsonPointer::Parse("/a"), .exists = false};
  EXPECT_FALSE(Matches(Json({gone}), R"({"a":null})"));
  EXPECT_TRUE(Matches(Json({gone}), R"({"b":1})"));
  EXPECT_FALSE(Matches(Json({gone}), "no JSON")) << "of what is no JSON nothing holds";
  gone.one_of = {"1"};
  EXPECT_FALSE(Matches(Json({gone}), R"({"b":1})")) << "everything has to hold";
}

TEST(MatcherJson, TypesAreTold) {
  const char* const texts[] = {"null", "true", "17", "\"17\"", "[17]", "{\"a\":17}"};
  for (int type = 1; type <= 6; ++type) {
    const Matcher matcher = Json({{.pointer = {}, .type = static_cast<JsonType>(type)}});
    for (int i = 0; i < 6; ++i) EXPECT_EQ(Matches(matcher, texts[i]), i == type - 1) << type << texts[i];
  }
}

TEST(MatcherJson, OneOfManyAndRanges) {
  const Matcher any_of = Json({{.pointer = {}, .one_of = {"\"a\"", "2", "[3]"}}});
  for (const char* text : {"\"a\"", "2.0", "[ 3 ]"}) EXPECT_TRUE(Matches(any_of, text)) << text;
  for (const char* text : {"\"b\"", "\"2\"", "[3,3]"}) EXPECT_FALSE(Matches(any_of, text)) << text;
  const Matcher range = Json({{.pointer = {}, .at_least = 4000, .below = 5000}});
  for (const char* text : {"4000", "4999.9", "4e3"}) EXPECT_TRUE(Matches(range, text)) << text;
  for (const char* text : {"3999", "5000", "1e300", "1e999", "-1e999", "\"4500\"", "true"})
    EXPECT_FALSE(Matches(range, text)) << text;
}

TEST(MatcherJson, RegexLooksAtStrings) {
  const Matcher matcher = Json({{.pointer = *JsonPointer::Parse("/ch"), .regex = "^heart"}});
  EXPECT_TRUE(Matches(matcher, R"({"ch":"heartbeat"})"));
  EXPECT_FALSE(Matches(matcher, R"({"ch":["heartbeat"]})"));
  EXPECT_FALSE(Matches(matcher, R"({"ch":"a heart"})"));
}

TEST(MatcherJson, JsonInsideOfAString) {
  JsonCondition condition{
      .pointer = *JsonPointer::Parse("/body"), .inside = *JsonPointer::Parse("/op"), .one_of = {"\"pong\""}};
  const Matcher matcher = Json({condition});
  EXPECT_TRUE(Matches(matcher, R"({"body":"{\"op\":\"pong\"}"})"));
  for (const char* text :
       {R"({"body":{"op":"pong"}})", R"({"body":"{\"op\":\"ping\"}"})", R"({"body":"pong"})", R"({})"}) {
    EXPECT_FALSE(Matches(matcher, text)) << text;
  }
  condition.one_of.clear();
  condition.exists = false;
  EXPECT_TRUE(Matches(Json({condition}), R"({"body":"{}"})"));
  EXPECT_TRUE(Matches(Json({condition}), R"({"body":"no JSON"})"));
  EXPECT_FALSE(Matches(Json({condition}), R"({"body":"{\"op\":1}"})"));
}

}  // namespace
}  // namespace holter::core
