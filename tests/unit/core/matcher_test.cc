#include "core/matcher.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holter::core {
namespace {

JsonCondition When(std::string_view pointer, std::string equals) {
  return {.pointer = *JsonPointer::Parse(pointer), .one_of = {std::move(equals)}};
}

bool Matches(const Matcher& matcher, std::string_view message, InboundKind kind = InboundKind::kText) {
  return matcher.Matches(InboundMessage(kind, message));
}

Matcher Json(std::vector<JsonCondition> conditions) { return *Matcher::Json(std::move(conditions)); }

TEST(MatcherText, IsTheWholeMessage) {
  const Matcher matcher = Matcher::Text("pong");
  EXPECT_TRUE(Matches(matcher, "pong"));
  EXPECT_FALSE(Matches(matcher, "pong\n"));
  EXPECT_FALSE(Matches(matcher, ""));
}

TEST(MatcherBytes, IsTheWholeMessageWithZeros) {
  const Matcher matcher = Matcher::Bytes(std::string("\x00\x01", 2));
  EXPECT_TRUE(Matches(matcher, std::string_view("\x00\x01", 2)));
  EXPECT_FALSE(Matches(matcher, std::string_view("\x00", 1)));
}

TEST(MatcherRegex, MatchesAnywhere) {
  const Matcher matcher = *Matcher::Regex("po+ng (\\d+)");
  EXPECT_TRUE(Matches(matcher, "xx poong 12 yy"));
  EXPECT_FALSE(Matches(matcher, "pong"));
}

TEST(MatcherRegex, RefusesWithTheLibrarysWords) {
  const absl::StatusOr<Matcher> matcher = Matcher::Regex("(unclosed");
  ASSERT_FALSE(matcher.ok());
  EXPECT_EQ(matcher.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(matcher.status().message()).find("missing"), std::string::npos) << matcher.status();
  EXPECT_FALSE(Matcher::Regex("(?=look)").ok());
  EXPECT_FALSE(Matcher::Regex("((a{1000}){1000})").ok()) << "a pattern that needs too much memory";
}

Matcher Of(MatcherParts parts) {
  const absl::StatusOr<Matcher> matcher = Matcher::Compile(std::move(parts));
  EXPECT_TRUE(matcher.ok()) << matcher.status();
  return matcher.ok() ? *matcher : Matcher::Anything();
}

std::string ErrorOf(MatcherParts parts) { return std::string(Matcher::Compile(std::move(parts)).status().message()); }

bool BytesMatch(std::string pattern, std::string_view message) {
  MatcherParts parts;
  parts.bytes = std::move(pattern);
  return Matches(Of(std::move(parts)), message, InboundKind::kBinary);
}

TEST(MatcherBytes, PlacesMasksAndRest) {
  const std::string_view message("\x20\x02\x07\x00", 4);
  EXPECT_TRUE(BytesMatch("20 02 07 00", message));
  EXPECT_TRUE(BytesMatch("2002????", message));
  EXPECT_TRUE(BytesMatch("20 02 ?? 00", message));
  EXPECT_TRUE(BytesMatch("??{4}", message));
  EXPECT_FALSE(BytesMatch("??{3}", message));
  EXPECT_FALSE(BytesMatch("??{5}", message));
  EXPECT_TRUE(BytesMatch("20 ..", message));
  EXPECT_TRUE(BytesMatch("20 02 07 00 ..", message)) << "nothing more is fine";
  EXPECT_FALSE(BytesMatch("20 02 07 00 00 ..", message));
  EXPECT_TRUE(BytesMatch("..", ""));
  EXPECT_TRUE(BytesMatch("23/FC ..", message));
  EXPECT_FALSE(BytesMatch("24/FC ..", message));
  EXPECT_TRUE(BytesMatch("??{2} 07/0f 00/FF", message));
}

TEST(MatcherBytes, MalformedPatternsAreNamed) {
  for (const char* bad : {"0", "0g", "0x10", "1 0", "?", "??{", "??{0}", "??{-1}", "??{4097}",
                          "??{99999999999999999999}", "??{2", "0C/", "0C/F", ".. 00", "00 . .", "\t00"}) {
    MatcherParts parts;
    parts.bytes = bad;
    EXPECT_TRUE(ErrorOf(std::move(parts)).starts_with("bytes: expected")) << bad;
  }
  EXPECT_FALSE(BytesMatch("??{4096}", ""));
  MatcherParts parts;
  parts.bytes = "??{4096} 00";
  EXPECT_EQ(ErrorOf(std::move(parts)), "bytes: expected at most 4096 bytes");
}

TEST(MatcherProtobuf, FollowsNumbersWithoutASchema) {
  // 1: 150, 5: { 2: "pong" 2: "again" }, 6: fixed64 7, 7: fixed32 9
  const std::string_view message(
      "\x08\x96\x01\x2a\x0d\x12\x04pong\x12\x05"
      "again\x31\x07\0\0\0\0\0\0\0\x3d\x09\0\0\0",
      32);
  const auto holds = [&](std::string path, std::optional<std::string> equals) {
    MatcherParts parts;
    parts.protobuf.push_back({.path = std::move(path), .equals = std::move(equals)});
    return Matches(Of(std::move(parts)), message, InboundKind::kBinary);
  };
  EXPECT_TRUE(holds("1", "150"));
  EXPECT_FALSE(holds("1", "151"));
  EXPECT_TRUE(holds("5", std::nullopt));
  EXPECT_TRUE(holds("5.2", "pong"));
  EXPECT_TRUE(holds("5.2", "again")) << "any of a repeated field";
  EXPECT_FALSE(holds("5.2", "pon"));
  EXPECT_FALSE(holds("5.3", std::nullopt));
  EXPECT_FALSE(holds("1.1", std::nullopt)) << "a number has no fields";
  EXPECT_TRUE(holds("6", "7"));
  EXPECT_TRUE(holds("7", "9"));
}

TEST(MatcherProtobuf, BrokenMessagesEndTheSearch) {
  MatcherParts parts;
  parts.protobuf.push_back({.path = "2", .equals = {}});
  const Matcher matcher = Of(std::move(parts));
  using namespace std::string_view_literals;
  EXPECT_TRUE(Matches(matcher, "\x08\x01\x10\x01"sv));
  EXPECT_TRUE(Matches(matcher, "\x10\x01\xff"sv)) << "what was read before counts";
  for (const std::string_view broken :
       {""sv, "\x12"sv,
        "\x12\x05"
        "abc"sv,
        "\x10"sv, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, "\x0b\x0c\x10\x01"sv,
        "\x0b\x08\x01\x08\x0c\x10\x01"sv, "\x00\x10\x01"sv, "\x11\x01\x02"sv, "\x15\x01"sv, "\x16\x10\x01"sv,
        "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv}) {
    EXPECT_FALSE(Matches(matcher, broken)) << testing::PrintToString(broken);
  }
}

TEST(MatcherProtobuf, PathsAreBounded) {
  for (const char* bad :
       {"", ".", "0", "1.", ".1", "a", "1.2.3.4.5.6.7.8.9", "536870912", "-1", "1..2", "99999999999"}) {
    MatcherParts parts;
    parts.protobuf = {{.path = "1", .equals = {}}, {.path = bad, .equals = {}}};
    EXPECT_TRUE(ErrorOf(std::move(parts)).starts_with("protobuf[1].path: expected field numbers")) << bad;
  }
}

TEST(MatcherParts, PrefixLengthAndFrame) {
  MatcherParts parts;
  parts.prefix = "42";
  parts.json = {When("/0", "\"pong\"")};
  parts.length = {{8, 9}};
  parts.frame = MatchedFrame::kText;
  const Matcher matcher = Of(std::move(parts));
  EXPECT_TRUE(Matches(matcher, R"(42["pong"])"));
  EXPECT_TRUE(Matches(matcher, R"(42["pong"] )"));
  EXPECT_FALSE(Matches(matcher, R"(42["pong"]  )")) << "too long";
  EXPECT_FALSE(Matches(matcher, R"(["pong"]  )"));
  EXPECT_FALSE(Matches(matcher, R"(42["pong"])", InboundKind::kBinary));
  EXPECT_FALSE(Matches(matcher, R"(42["pong"])", InboundKind::kPing));
}

TEST(MatcherParts, EmptyAndAnything) {
  const Matcher empty = Matcher::Text("");
  EXPECT_TRUE(Matches(empty, ""));
  EXPECT_FALSE(Matches(empty, "a"));
  EXPECT_TRUE(Matches(Matcher::Anything(), ""));
  EXPECT_TRUE(Matches(Matcher::Anything(), "a", InboundKind::kBinary));
  EXPECT_FALSE(Matches(Matcher::Anything(), "a", InboundKind::kPong));
}

TEST(MatcherParts, AnyAllNot) {
  MatcherParts parts;
  parts.any = {Matcher::Text("a"), *Matcher::Regex("b")};
  parts.none = {*Matcher::Regex("no")};
  EXPECT_TRUE(Matches(Of(parts), "a"));
  EXPECT_TRUE(Matches(Of(parts), "xbx"));
  EXPECT_FALSE(Matches(Of(parts), "ax"));
  EXPECT_FALSE(Matches(Of(parts), "b no"));
  parts.all = {*Matcher::Regex("x"), *Matcher::Regex("y")};
  EXPECT_TRUE(Matches(Of(parts), "bxy"));
  EXPECT_FALSE(Matches(Of(parts), "bx"));
}

TEST(MatcherParts, ControlFramesOnlyWhereTheyAreNamed) {
  MatcherParts pong;
  pong.frame = MatchedFrame::kPong;
  EXPECT_TRUE(Of(pong).LooksAtControl());
  EXPECT_TRUE(Matches(Of(pong), "x", InboundKind::kPong));
  EXPECT_FALSE(Matches(Of(pong), "x"));
  EXPECT_FALSE(Matcher::Text("a").LooksAtControl());
  MatcherParts either;
  either.any = {Of(pong), Matcher::Text("a")};
  EXPECT_TRUE(Of(either).LooksAtControl());
  EXPECT_TRUE(Matches(Of(either), "x", InboundKind::kPong));
  EXPECT_TRUE(Matches(Of(either), "a"));
  EXPECT_FALSE(Matches(Of(either), "a", InboundKind::kPing));
  MatcherParts neither;
  neither.none = {Of(pong)};
  EXPECT_FALSE(Of(neither).LooksAtControl());
  EXPECT_FALSE(Matches(Of(neither), "x", InboundKind::kPing));
  EXPECT_TRUE(Matches(Of(neither), "x"));
}

TEST(MatcherParts, WrongPartsAreNamed) {
  MatcherParts parts;
  parts.regex = "(a";
  EXPECT_TRUE(ErrorOf(parts).starts_with("regex: expected a regular expression")) << ErrorOf(parts);
  parts.regex.clear();
  parts.json = {When("", "1"), {.pointer = {}, .one_of = {"1", "x"}}};
  EXPECT_EQ(ErrorOf(parts), "json[1].one_of[1]: expected a JSON value");
  parts.json = {{.pointer = {}, .regex = "(a"}};
  EXPECT_TRUE(ErrorOf(parts).starts_with("json[0].regex: expected")) << ErrorOf(parts);
}

TEST(MatcherParts, EqualPartsAreEqual) {
  MatcherParts parts;
  parts.any = {Matcher::Text("a")};
  parts.length = {{1, 2}};
  parts.protobuf = {{.path = "1", .equals = "2"}};
  EXPECT_EQ(Of(parts), Of(parts));
  MatcherParts other = parts;
  other.any = {Matcher::Text("b")};
  EXPECT_FALSE(Of(parts) == Of(other));
  other = parts;
  other.frame = MatchedFrame::kText;
  EXPECT_FALSE(Of(parts) == Of(other));
}

TEST(Matcher, EqualWhenDeclaredAlike) {
  EXPECT_EQ(Matcher::Text("a"), Matcher::Text("a"));
  EXPECT_EQ(*Matcher::Regex("a"), *Matcher::Regex("a"));
  EXPECT_FALSE(*Matcher::Regex("a") == *Matcher::Regex("b"));
  EXPECT_EQ(Json({When("/a", "1")}), Json({When("/a", "1")}));
  EXPECT_FALSE(Json({When("/a", "1")}) == Json({When("/b", "1")}));
  EXPECT_FALSE(Json({When("/a", "1")}) == Json({When("/a", "1"), When("/b", "1")}));
}

}  // namespace
}  // namespace holter::core
