#include "core/message_template.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace holter::core {
namespace {

BeatVariables Values() {
  BeatVariables values;
  values.seq = 7;
  values.unix_ms = 1700000000123;
  for (size_t i = 0; i < values.uuid.size(); ++i) values.uuid[i] = static_cast<uint8_t>(i * 17);
  return values;
}

constexpr std::string_view kUuidText = "00112233-4455-6677-8899-aabbccddeeff";

std::string Expand(const absl::StatusOr<MessageTemplate>& compiled) {
  if (!compiled.ok()) return "error: " + std::string(compiled.status().message());
  std::string text;
  compiled->Expand(Values(), text);
  EXPECT_LE(text.size(), compiled->MaxSize());
  return text;
}

TEST(MessageTemplateText, ReplacesVariables) {
  EXPECT_EQ(Expand(MessageTemplate::FromText("${seq}")), "7");
  EXPECT_EQ(Expand(MessageTemplate::FromText("a${seq}b${unix_ms}c${uuid}d")),
            fmt::format("a7b1700000000123c{}d", kUuidText));
  EXPECT_EQ(Expand(MessageTemplate::FromText("${seq}${seq}")), "77");
  EXPECT_EQ(Expand(MessageTemplate::FromText("ping")), "ping");
  EXPECT_EQ(Expand(MessageTemplate::FromText("")), "");
}

TEST(MessageTemplateText, DoubledDollarIsAPlainOne) {
  EXPECT_EQ(Expand(MessageTemplate::FromText("$${seq}")), "${seq}");
  EXPECT_EQ(Expand(MessageTemplate::FromText("x$${${seq}}")), "x${7}");
  EXPECT_EQ(Expand(MessageTemplate::FromText("$ $x {seq} $$")), "$ $x {seq} $$");
}

TEST(MessageTemplateText, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Expand(MessageTemplate::FromText("${sequence}")),
            "error: unknown variable \"sequence\"; expected seq, unix_ms or uuid");
  EXPECT_FALSE(MessageTemplate::FromText("${secret:a/b}").ok());
  EXPECT_FALSE(MessageTemplate::FromText("${}").ok());
  EXPECT_FALSE(MessageTemplate::FromText("${seq").ok());
  EXPECT_FALSE(MessageTemplate::FromText("${ seq }").ok());
  EXPECT_EQ(MessageTemplate::FromText("${x}").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(MessageTemplateText, KnowsWhatItUses) {
  const MessageTemplate both = *MessageTemplate::FromText("${seq} ${uuid}");
  EXPECT_TRUE(both.Uses(Variable::kSeq));
  EXPECT_FALSE(both.Uses(Variable::kUnixMs));
  EXPECT_TRUE(both.Uses(Variable::kUuid));
  EXPECT_EQ(both.kind(), FrameKind::kText);
  EXPECT_FALSE(MessageTemplate().Uses(Variable::kSeq));
}

TEST(MessageTemplateText, AppendsToWhatIsThere) {
  std::string text = "before ";
  MessageTemplate::FromText("${seq}")->Expand(Values(), text);
  EXPECT_EQ(text, "before 7");
}

TEST(MessageTemplateText, EqualWhenDeclaredAlike) {
  EXPECT_EQ(*MessageTemplate::FromText("a${seq}"), *MessageTemplate::FromText("a${seq}"));
  EXPECT_NE(*MessageTemplate::FromText("a${seq}"), *MessageTemplate::FromText("a${uuid}"));
  EXPECT_NE(*MessageTemplate::FromText("a"), *MessageTemplate::FromHex("61"));
}

TEST(MessageTemplateJson, AStringThatIsJustAVariableIsARawToken) {
  EXPECT_EQ(Expand(MessageTemplate::FromJson(R"({"op": "ping", "id": "${seq}", "t": "${unix_ms}", "u": "${uuid}"})")),
            fmt::format(R"({{"op":"ping","id":7,"t":1700000000123,"u":"{}"}})", kUuidText));
  EXPECT_EQ(Expand(MessageTemplate::FromJson(R"("${seq}")")), "7");
  EXPECT_EQ(Expand(MessageTemplate::FromJson(R"([ "${seq}" , 1 , [] , {} , null , true , false ])")),
            "[7,1,[],{},null,true,false]");
}

TEST(MessageTemplateJson, InsideAStringVariablesAreText) {
  EXPECT_EQ(Expand(MessageTemplate::FromJson(R"({"id":"n${seq}"})")), R"({"id":"n7"})");
  EXPECT_EQ(Expand(MessageTemplate::FromJson(R"({"id":"${seq}${seq}"})")), R"({"id":"77"})");
  EXPECT_EQ(Expand(MessageTemplate::FromJson(R"({"k${seq}":"$${seq}"})")), R"({"k7":"${seq}"})");
}

TEST(MessageTemplateJson, NumbersBeyond64BitsSurvive) {
  EXPECT_EQ(Expand(MessageTemplate::FromJson("[123456789012345678901234567890, 9007199254740993, 1.10, -0, 1E+2]")),
            "[123456789012345678901234567890,9007199254740993,1.10,-0,1E+2]");
}

TEST(MessageTemplateJson, StringsAreEscapedAgain) {
  EXPECT_EQ(Expand(MessageTemplate::FromJson(R"({"a\"b":"\n\\\u0001é"})")), "{\"a\\\"b\":\"\\n\\\\\\u0001\xc3\xa9\"}");
}

TEST(MessageTemplateJson, RefusesWhatIsNotJson) {
  for (const char* bad : {"", "{", "{a:1}", "[1,]", "1 2", "nul", "'x'", "{\"a\":\"${nope}\"}", "[01]", "// c\n1"}) {
    EXPECT_FALSE(MessageTemplate::FromJson(bad).ok()) << bad;
  }
  EXPECT_FALSE(MessageTemplate::FromJson(std::string(1000, '[')).ok());
}

TEST(MessageTemplateHex, GivesBinaryFrames) {
  const absl::StatusOr<MessageTemplate> compiled = MessageTemplate::FromHex("10 0a FF");
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(compiled->kind(), FrameKind::kBinary);
  EXPECT_EQ(Expand(compiled), "\x10\x0a\xff");
  EXPECT_EQ(compiled->MaxSize(), 3u);
}

TEST(DecodeHex, TakesPairsAndSpaces) {
  EXPECT_EQ(*DecodeHex(""), "");
  EXPECT_EQ(*DecodeHex("  00ff  "), std::string("\x00\xff", 2));
  for (const char* bad : {"1", "1 0", "0g", "0x10", "10,11", "10\n11"}) EXPECT_FALSE(DecodeHex(bad).ok()) << bad;
}

TEST(DrawVariables, UuidsAreVersion4AndDiffer) {
  Random random(42);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const BeatVariables values = DrawVariables(1, WallTime{}, true, random);
    std::string text;
    values.Append(Variable::kUuid, text);
    ASSERT_EQ(text.size(), 36u);
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
    EXPECT_TRUE(seen.insert(text).second);
  }
}

TEST(DrawVariables, DrawsOnlyWhatIsNeeded) {
  Random random(42);
  Random untouched(42);
  const BeatVariables values = DrawVariables(3, WallTime(std::chrono::milliseconds(1500)), false, random);
  EXPECT_EQ(values.seq, 3u);
  EXPECT_EQ(values.unix_ms, 1500);
  EXPECT_EQ(random, untouched);
}

TEST(BeatVariables, EqualsComparesTexts) {
  EXPECT_TRUE(Values().Equals(Variable::kSeq, "7"));
  EXPECT_FALSE(Values().Equals(Variable::kSeq, "07"));
  EXPECT_TRUE(Values().Equals(Variable::kUuid, kUuidText));
  EXPECT_FALSE(Values().Equals(Variable::kUnixMs, ""));
}

}  // namespace
}  // namespace holter::core
