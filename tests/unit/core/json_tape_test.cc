#include "core/json_tape.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/inbound_message.h"

namespace holter::core {
namespace {

TEST(JsonPointer, FollowsRfc6901) {
  using Tokens = std::vector<std::string>;
  EXPECT_EQ(JsonPointer::Parse("")->tokens, Tokens{});
  EXPECT_EQ(JsonPointer::Parse("/")->tokens, Tokens{""});
  EXPECT_EQ(JsonPointer::Parse("/a/0/b")->tokens, (Tokens{"a", "0", "b"}));
  EXPECT_EQ(JsonPointer::Parse("/a~1b/m~0n/~01")->tokens, (Tokens{"a/b", "m~n", "~1"}));
  EXPECT_EQ(JsonPointer::Parse("/a/")->tokens, (Tokens{"a", ""}));
  for (const char* bad : {"a", "a/b", "/~", "/~2", "/a~", "#/a"}) EXPECT_FALSE(JsonPointer::Parse(bad).ok()) << bad;
}

std::string TextAt(const JsonTape& tape, std::string_view pointer) {
  const std::optional<size_t> place = tape.Find(*JsonPointer::Parse(pointer));
  return place ? std::string(tape.text(*place)) : "nothing";
}

TEST(JsonTape, KeepsKindsAndTexts) {
  JsonTape tape;
  ASSERT_TRUE(tape.Read(R"( {"a":[1.50,-0,12345678901234567890123],"b":{"c":true,"d":null},"e":"x\u0079\n","":"k"} )"));
  EXPECT_EQ(tape.type(JsonTape::kRoot), JsonType::kObject);
  EXPECT_EQ(TextAt(tape, "/a/0"), "1.50");
  EXPECT_EQ(TextAt(tape, "/a/1"), "-0");
  EXPECT_EQ(TextAt(tape, "/a/2"), "12345678901234567890123");
  EXPECT_EQ(TextAt(tape, "/a/3"), "nothing");
  EXPECT_EQ(TextAt(tape, "/b/c"), "true");
  EXPECT_EQ(TextAt(tape, "/b/d"), "null");
  EXPECT_EQ(TextAt(tape, "/e"), "xy\n");
  EXPECT_EQ(TextAt(tape, "/"), "k");
  EXPECT_EQ(TextAt(tape, "/e/0"), "nothing");
  EXPECT_EQ(tape.type(*tape.Find(*JsonPointer::Parse("/b/d"))), JsonType::kNull);
  EXPECT_EQ(tape.type(*tape.Find(*JsonPointer::Parse("/a"))), JsonType::kArray);
}

TEST(JsonTape, IsUsedAgain) {
  JsonTape tape;
  ASSERT_TRUE(tape.Read(R"({"a":{"b":1}})"));
  EXPECT_FALSE(tape.Read("{"));
  ASSERT_TRUE(tape.Read(R"([2])"));
  EXPECT_EQ(TextAt(tape, "/0"), "2");
  EXPECT_EQ(TextAt(tape, "/a"), "nothing");
}

TEST(JsonTape, LongEscapedTextsComeWhole) {
  std::string inner;
  for (int i = 0; i < 1000; ++i) inner += R"(ab\n)";
  JsonTape tape;
  ASSERT_TRUE(tape.Read("{\"" + inner + "\":\"" + inner + "\"}"));
  std::string plain;
  for (int i = 0; i < 1000; ++i) plain += "ab\n";
  EXPECT_EQ(tape.text(1), plain);
  EXPECT_EQ(tape.Find({.tokens = {plain}}), 1u);
}

TEST(JsonTape, RefusesWhatIsNoJson) {
  JsonTape tape;
  for (const char* text : {"", " ", "[", "]", "[1,]", "{\"a\"}", "nul", "01", "1.", "+1", "NaN", "'a'", "[1] 2",
                           "/*x*/1", "\"\x01\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\\ud800\"", "\"\\x41\""}) {
    EXPECT_FALSE(tape.Read(text)) << text;
  }
}

TEST(JsonTape, DepthIsBounded) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  JsonTape tape;
  EXPECT_TRUE(tape.Read(nested(64)));
  EXPECT_FALSE(tape.Read(nested(65)));
  EXPECT_FALSE(tape.Read(nested(100)));
  EXPECT_FALSE(tape.Read(std::string(size_t{16} << 20, '[')));
}

TEST(JsonTape, ValuesAreCounted) {
  const auto list = [](size_t items) {
    std::string text = "[0";
    for (size_t i = 1; i < items; ++i) text += ",0";
    return text + "]";
  };
  JsonTape tape;
  EXPECT_TRUE(tape.Read(list(JsonTape::kMostValues - 1)));
  EXPECT_FALSE(tape.Read(list(JsonTape::kMostValues)));
}

TEST(JsonTape, AppendsCompactlyAsWritten) {
  JsonTape tape;
  ASSERT_TRUE(tape.Read(R"({ "b" : [ 1.50 , {"x":null} , "q\"\u0001" ] , "a" : {} })"));
  std::string out = ">";
  tape.Append(JsonTape::kRoot, out);
  EXPECT_EQ(out, R"(>{"b":[1.50,{"x":null},"q\"\u0001"],"a":{}})");
}

TEST(JsonTape, EqualWhateverTheOrderAndTheSpelling) {
  const auto equal = [](std::string_view a, std::string_view b) {
    JsonTape one;
    JsonTape two;
    EXPECT_TRUE(one.Read(a) && two.Read(b)) << a << b;
    EXPECT_EQ(one.Equals(JsonTape::kRoot, two, JsonTape::kRoot), two.Equals(JsonTape::kRoot, one, JsonTape::kRoot));
    return one.Equals(JsonTape::kRoot, two, JsonTape::kRoot);
  };
  EXPECT_TRUE(equal(R"({"a":1,"b":[1,2]})", R"({"b":[1e0,2.0],"a":10e-1})"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(equal(R"([1,2])", R"([1,2,3])"));
  EXPECT_FALSE(equal(R"([])", R"({})"));
  EXPECT_FALSE(equal("null", "false"));
  EXPECT_FALSE(equal("1", "\"1\""));
  EXPECT_TRUE(equal(R"({"a":2,"a":1})", R"({"a":1})")) << "the last one counts";
  EXPECT_FALSE(equal(R"({"a":1,"a":2})", R"({"a":1})"));
}

TEST(JsonTape, AFloodOfRepeatedMembersIsNotCompared) {
  std::string flood = "{\"a\":0";
  for (size_t i = 1; i < JsonTape::kMostCompared; ++i) flood += ",\"a\":0";
  JsonTape one;
  JsonTape two;
  ASSERT_TRUE(one.Read(R"({"a":0})") && two.Read(flood + "}"));
  EXPECT_TRUE(one.Equals(JsonTape::kRoot, two, JsonTape::kRoot));
  ASSERT_TRUE(two.Read(flood + ",\"a\":0}"));
  EXPECT_FALSE(one.Equals(JsonTape::kRoot, two, JsonTape::kRoot));
}

TEST(JsonTape, DeepObjectsAreComparedInNoTime) {
  std::string deep;
  for (int level = 0; level < 60; ++level) deep += R"({"a":)";
  deep += "1" + std::string(60, '}');
  JsonTape one;
  JsonTape two;
  ASSERT_TRUE(one.Read(deep) && two.Read(deep));
  EXPECT_TRUE(one.Equals(JsonTape::kRoot, two, JsonTape::kRoot));
  deep[deep.find('1')] = '2';
  ASSERT_TRUE(two.Read(deep));
  EXPECT_FALSE(one.Equals(JsonTape::kRoot, two, JsonTape::kRoot));
}

TEST(SameNumber, ComparesByValue) {
  for (const auto& [a, b] :
       {std::pair("100", "1e2"), std::pair("100", "1E+2"), std::pair("0.1", "1e-1"), std::pair("-0", "0e9"),
        std::pair("1200e-1", "0.012e4"), std::pair("0.0", "0"), std::pair("10.010", "10010e-3")}) {
    EXPECT_TRUE(SameNumber(a, b)) << a << ' ' << b;
    EXPECT_TRUE(SameNumber(b, a)) << a << ' ' << b;
  }
  for (const auto& [a, b] :
       {std::pair("1", "-1"), std::pair("10", "1"), std::pair("1e2", "1e3"), std::pair("0.1", "0.01"),
        std::pair("9007199254740993", "9007199254740992"), std::pair("101", "11"), std::pair("0", "1")}) {
    EXPECT_FALSE(SameNumber(a, b)) << a << ' ' << b;
    EXPECT_FALSE(SameNumber(b, a)) << a << ' ' << b;
  }
}

TEST(InboundMessage, ReadsJsonBehindAPrefix) {
  const InboundMessage message(InboundKind::kText, R"(42["a",1])");
  EXPECT_EQ(message.Json(), nullptr);
  const JsonTape* const tape = message.Json(2);
  ASSERT_NE(tape, nullptr);
  EXPECT_EQ(TextAt(*tape, "/1"), "1");
  EXPECT_EQ(message.Json(2), tape);
  EXPECT_EQ(message.Json(3), nullptr);
  EXPECT_EQ(message.Json(100), nullptr) << "there is nothing behind the end";
}

TEST(InboundMessage, MessagesAliveTogetherDoNotShare) {
  const InboundMessage outer(InboundKind::kText, R"(["outer"])");
  const JsonTape* const tape = outer.Json();
  {
    const InboundMessage inner(InboundKind::kText, R"(["inner"])");
    ASSERT_NE(inner.Json(), nullptr);
    EXPECT_EQ(TextAt(*inner.Json(), "/0"), "inner");
  }
  ASSERT_NE(tape, nullptr);
  EXPECT_EQ(TextAt(*tape, "/0"), "outer");
}

}  // namespace
}  // namespace holter::core
