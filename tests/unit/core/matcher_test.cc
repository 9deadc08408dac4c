#include "core/matcher.h"

#include <gtest/gtest.h>

#include <string>

namespace holter::core {
namespace {

JsonCondition When(std::string_view pointer, std::string equals) {
  return {.pointer = *JsonPointer::Parse(pointer), .equals = std::move(equals)};
}

Matcher Json(std::vector<JsonCondition> conditions) { return *Matcher::Json(std::move(conditions)); }

TEST(JsonPointer, FollowsRfc6901) {
  using Tokens = std::vector<std::string>;
  EXPECT_EQ(JsonPointer::Parse("")->tokens, Tokens{});
  EXPECT_EQ(JsonPointer::Parse("/")->tokens, Tokens{""});
  EXPECT_EQ(JsonPointer::Parse("/a/0/b")->tokens, (Tokens{"a", "0", "b"}));
  EXPECT_EQ(JsonPointer::Parse("/a~1b/m~0n/~01")->tokens, (Tokens{"a/b", "m~n", "~1"}));
  EXPECT_EQ(JsonPointer::Parse("/a/")->tokens, (Tokens{"a", ""}));
  for (const char* bad : {"a", "a/b", "/~", "/~2", "/a~", "#/a"}) EXPECT_FALSE(JsonPointer::Parse(bad).ok()) << bad;
}

TEST(MatcherText, IsTheWholeMessage) {
  const Matcher matcher = Matcher::Text("pong");
  EXPECT_TRUE(matcher.Matches("pong"));
  EXPECT_FALSE(matcher.Matches("pong\n"));
  EXPECT_FALSE(matcher.Matches(""));
  EXPECT_EQ(matcher.GroupCount(), 0);
}

TEST(MatcherBytes, IsTheWholeMessageWithZeros) {
  const Matcher matcher = Matcher::Bytes(std::string("\x00\x01", 2));
  EXPECT_TRUE(matcher.Matches(std::string_view("\x00\x01", 2)));
  EXPECT_FALSE(matcher.Matches(std::string_view("\x00", 1)));
}

TEST(MatcherRegex, MatchesAnywhere) {
  const Matcher matcher = *Matcher::Regex("po+ng (\\d+)");
  EXPECT_TRUE(matcher.Matches("xx poong 12 yy"));
  EXPECT_FALSE(matcher.Matches("pong"));
  EXPECT_EQ(matcher.GroupCount(), 1);
}

TEST(MatcherRegex, RefusesWithTheLibrarysWords) {
  const absl::StatusOr<Matcher> matcher = Matcher::Regex("(unclosed");
  ASSERT_FALSE(matcher.ok());
  EXPECT_EQ(matcher.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(matcher.status().message()).find("missing"), std::string::npos) << matcher.status();
  EXPECT_FALSE(Matcher::Regex("(?=look)").ok());
  EXPECT_FALSE(Matcher::Regex("((a{1000}){1000})").ok()) << "a pattern that needs too much memory";
}

TEST(MatcherRegex, EchoIsAGroup) {
  const Matcher matcher = *Matcher::Regex("^pong (\\d+)(?: (x))?$");
  std::string echo;
  EXPECT_TRUE(matcher.MatchesWithEcho("pong 42", {.place = 1, .variable = Variable::kSeq}, echo));
  EXPECT_EQ(echo, "42");
  EXPECT_FALSE(matcher.MatchesWithEcho("pong 42", {.place = 2, .variable = Variable::kSeq}, echo))
      << "did not take part";
  EXPECT_TRUE(matcher.MatchesWithEcho("pong 42 x", {.place = 2, .variable = Variable::kSeq}, echo));
  EXPECT_FALSE(matcher.MatchesWithEcho("pong 42", {.place = 3, .variable = Variable::kSeq}, echo)) << "no such group";
  EXPECT_FALSE(matcher.MatchesWithEcho("pong", {.place = 1, .variable = Variable::kSeq}, echo));
}

TEST(MatcherJson, AllConditionsHold) {
  const Matcher matcher = Json({When("/op", "\"pong\""), When("/data/1/ok", "true")});
  EXPECT_TRUE(matcher.Matches(R"({"data":[0,{"ok":true}],"op":"pong","more":[1,2,{"op":"no"}]})"));
  EXPECT_FALSE(matcher.Matches(R"({"data":[0,{"ok":false}],"op":"pong"})"));
  EXPECT_FALSE(matcher.Matches(R"({"data":[{"ok":true}],"op":"pong"})"));
  EXPECT_FALSE(matcher.Matches(R"({"op":"pong"})"));
  EXPECT_FALSE(matcher.Matches(R"("pong")"));
}

TEST(MatcherJson, WhatIsNotJsonDoesNotMatch) {
  const Matcher matcher = Json({When("/op", "\"pong\"")});
  for (const char* text :
       {"", "pong", R"({"op":"pong")", R"({"op":"pong"} x)", R"({"op":"pong"}{})", R"({op:"pong"})"}) {
    EXPECT_FALSE(matcher.Matches(text)) << text;
  }
}

TEST(MatcherJson, NumbersCompareAsNumbers) {
  const Matcher one = Json({When("/n", "1")});
  for (const char* text : {"1", "1.0", "1e0", "10e-1", "0.1E1", "1.000"}) {
    EXPECT_TRUE(one.Matches(std::string("{\"n\":") + text + "}")) << text;
  }
  for (const char* text : {"\"1\"", "2", "-1", "10", "0.1", "1e1", "true", "[1]", "1.0000000000000000000000001"}) {
    EXPECT_FALSE(one.Matches(std::string("{\"n\":") + text + "}")) << text;
  }
  const Matcher zero = Json({When("", "0")});
  for (const char* text : {"0", "-0", "0.0", "0e5", "-0.00E-3"}) EXPECT_TRUE(zero.Matches(text)) << text;
}

TEST(MatcherJson, NumbersBeyond64BitsAreExact) {
  const Matcher matcher = Json({When("/id", "123456789012345678901234567890")});
  EXPECT_TRUE(matcher.Matches(R"({"id":123456789012345678901234567890})"));
  EXPECT_TRUE(matcher.Matches(R"({"id":12345678901234567890123456789e1})"));
  EXPECT_FALSE(matcher.Matches(R"({"id":123456789012345678901234567891})"));
  const Matcher beyond_double = Json({When("/id", "9007199254740993")});
  EXPECT_FALSE(beyond_double.Matches(R"({"id":9007199254740992})"));
}

TEST(MatcherJson, StructuresCompareByValue) {
  const Matcher matcher = Json({When("/d", R"({"a":[1,"x",null],"b":{}})")});
  EXPECT_TRUE(matcher.Matches(R"({"d":{ "b" : {}, "a":[1.0, "\u0078", null] }})"));
  EXPECT_FALSE(matcher.Matches(R"({"d":{"b":{},"a":[1,"x"]}})"));
  EXPECT_FALSE(matcher.Matches(R"({"d":{"b":[],"a":[1,"x",null]}})"));
  EXPECT_FALSE(matcher.Matches(R"({"d":{"b":{},"a":["x",1,null]}})"));
}

TEST(MatcherJson, StringsDoNotPassForStructure) {
  const Matcher matcher = Json({When("", R"(["a,b"])")});
  EXPECT_FALSE(matcher.Matches(R"(["a","b"])"));
  EXPECT_FALSE(matcher.Matches(R"(["a,1:b"])"));
  EXPECT_FALSE(Json({When("/x", "\"true\"")}).Matches(R"({"x":true})"));
}

TEST(MatcherJson, PointersWithOddTokens) {
  EXPECT_TRUE(Json({When("/a~1b", "1")}).Matches(R"({"a/b":1})"));
  EXPECT_TRUE(Json({When("/", "1")}).Matches(R"({"":1})"));
  EXPECT_TRUE(Json({When("/0", "1")}).Matches(R"({"0":1})")) << "a member may be called 0";
  EXPECT_TRUE(Json({When("/0", "1")}).Matches("[1]"));
  EXPECT_FALSE(Json({When("/00", "1")}).Matches("[1]"));
  EXPECT_FALSE(Json({When("/-", "1")}).Matches("[1]"));
  EXPECT_FALSE(Json({When("/0/0", "1")}).Matches("[1]"));
  EXPECT_TRUE(Json({When("/1/0", "2")}).Matches("[[1],[2]]"));
}

TEST(MatcherJson, OfRepeatedMembersTheLastCounts) {
  EXPECT_TRUE(Json({When("/a", "2")}).Matches(R"({"a":1,"a":2})"));
  EXPECT_FALSE(Json({When("/a", "1")}).Matches(R"({"a":1,"a":2})"));
  EXPECT_FALSE(Json({When("/a/b", "1")}).Matches(R"({"a":{"b":1},"a":{}})"));
  EXPECT_FALSE(Json({When("/a/b", "1")}).Matches(R"({"a":{"b":1},"a":3})"));
}

TEST(MatcherJson, ConditionsMustBeJson) {
  EXPECT_FALSE(Matcher::Json({{.pointer = {}, .equals = "pong"}}).ok());
  EXPECT_FALSE(Matcher::Json({{.pointer = {}, .equals = ""}}).ok());
}

TEST(MatcherJson, EchoIsContentOrRawToken) {
  const Matcher matcher = Json({When("/op", "\"pong\"")});
  const Correlation at_id{.place = *JsonPointer::Parse("/id"), .variable = Variable::kSeq};
  std::string echo;
  EXPECT_TRUE(matcher.MatchesWithEcho(R"({"op":"pong","id":"4\u0032"})", at_id, echo));
  EXPECT_EQ(echo, "42");
  EXPECT_TRUE(matcher.MatchesWithEcho(R"({"id":123456789012345678901234567890,"op":"pong"})", at_id, echo));
  EXPECT_EQ(echo, "123456789012345678901234567890");
  EXPECT_TRUE(matcher.MatchesWithEcho(R"({"id":1.50,"op":"pong"})", at_id, echo));
  EXPECT_EQ(echo, "1.50");
  for (const char* text : {R"({"op":"pong"})", R"({"op":"pong","id":null})", R"({"op":"pong","id":[1]})",
                           R"({"op":"ping","id":1})", R"({"op":"pong","id":true})"}) {
    EXPECT_FALSE(matcher.MatchesWithEcho(text, at_id, echo)) << text;
  }
  EXPECT_FALSE(matcher.MatchesWithEcho(R"({"op":"pong","id":1})", {.place = 1, .variable = Variable::kSeq}, echo));
}

TEST(MatcherRegex, EchoMayStandInJsonToo) {
  const Matcher matcher = *Matcher::Regex("pong");
  std::string echo;
  const Correlation at_id{.place = *JsonPointer::Parse("/id"), .variable = Variable::kSeq};
  EXPECT_TRUE(matcher.MatchesWithEcho(R"({"pong":1,"id":5})", at_id, echo));
  EXPECT_EQ(echo, "5");
  EXPECT_FALSE(matcher.MatchesWithEcho(R"({"ping":1,"id":5})", at_id, echo));
}

TEST(MatcherJson, DeepMessagesDoNotMatchAndDoNotCrash) {
  const Matcher matcher = Json({When("/a", "1")});
  EXPECT_FALSE(matcher.Matches(std::string(100000, '[')));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  EXPECT_FALSE(matcher.Matches(deep));
}

TEST(Matcher, EqualWhenDeclaredAlike) {
  EXPECT_EQ(Matcher::Text("a"), Matcher::Text("a"));
  EXPECT_FALSE(Matcher::Text("a") == Matcher::Bytes("a"));
  EXPECT_EQ(*Matcher::Regex("a"), *Matcher::Regex("a"));
  EXPECT_FALSE(*Matcher::Regex("a") == *Matcher::Regex("b"));
  EXPECT_EQ(Json({When("/a", "1")}), Json({When("/a", "1")}));
  EXPECT_FALSE(Json({When("/a", "1")}) == Json({When("/b", "1")}));
  EXPECT_FALSE(Json({When("/a", "1")}) == Json({When("/a", "1"), When("/b", "1")}));
}

}  // namespace
}  // namespace holter::core
