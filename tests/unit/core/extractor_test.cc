#include "core/extractor.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace holter::core {
namespace {

using namespace std::string_view_literals;

// "17" as text, #17 as token, "-" for none.
std::string Taken(const Extractor& from, std::string_view message) {
  Value value{.kind = Value::Kind::kText, .text = "from before"};
  const bool found = from.Extract(InboundMessage(InboundKind::kText, message), value);
  EXPECT_EQ(found, value.known());
  if (!found) return "-";
  return value.kind == Value::Kind::kToken ? '#' + value.text : '"' + value.text + '"';
}

Extractor AtPointer(std::string_view pointer) { return Extractor::Json(*JsonPointer::Parse(pointer)); }

TEST(ExtractorJson, ContentOrRawToken) {
  const Extractor id = AtPointer("/id");
  EXPECT_EQ(Taken(id, R"({"op":"pong","id":"4\u0032"})"), "\"42\"");
  EXPECT_EQ(Taken(id, R"({"id":123456789012345678901234567890})"), "#123456789012345678901234567890");
  EXPECT_EQ(Taken(id, R"({"id":1.50})"), "#1.50");
  EXPECT_EQ(Taken(id, R"({"id":true})"), "#true");
  EXPECT_EQ(Taken(id, R"({"id":""})"), "\"\"");
  EXPECT_EQ(Taken(id, R"({"id":1,"id":2})"), "#2");
  for (const char* text : {R"({"op":"pong"})", R"({"id":null})", R"({"id":[1]})", R"({"id":{}})", "pong", ""}) {
    EXPECT_EQ(Taken(id, text), "-") << text;
  }
  EXPECT_EQ(Taken(AtPointer(""), "17"), "#17");
}

TEST(ExtractorJson, InsideOfAString) {
  const Extractor from = Extractor::Json(*JsonPointer::Parse("/body"), *JsonPointer::Parse("/id"));
  EXPECT_EQ(Taken(from, R"({"body":"{\"id\":7}"})"), "#7");
  EXPECT_EQ(Taken(from, R"({"body":"{\"id\":\"7\"}"})"), "\"7\"");
  for (const char* text : {R"({"body":{"id":7}})", R"({"body":"{\"id\":7"})", R"({"body":"{}"})", "{}"}) {
    EXPECT_EQ(Taken(from, text), "-") << text;
  }
}

TEST(ExtractorRegex, FirstGroupOrAll) {
  EXPECT_EQ(Taken(*Extractor::Regex("p(.)ng (\\d+)"), "a pong 42"), "\"o\"");
  EXPECT_EQ(Taken(*Extractor::Regex("[0-9]+"), "pong 42 43"), "\"42\"");
  EXPECT_EQ(Taken(*Extractor::Regex("pong( x)?"), "pong"), "-") << "the group took no part";
  EXPECT_EQ(Taken(*Extractor::Regex("pong( ?)"), "pong"), "\"\"");
  EXPECT_EQ(Taken(*Extractor::Regex("ping"), "pong"), "-");
  EXPECT_EQ(Taken(*Extractor::Regex("<ping [^>]*id='([^']*)'"), "<a/><ping from='x' id='9'/>"), "\"9\"");
  EXPECT_FALSE(Extractor::Regex("(").ok());
}

TEST(ExtractorRegex, NamedGroupOfMany) {
  const Extractor second = *Extractor::RegexGroup("^pong (\\d+)(?: (x))?$", 2);
  EXPECT_EQ(Taken(second, "pong 42"), "-");
  EXPECT_EQ(Taken(second, "pong 42 x"), "\"x\"");
  EXPECT_EQ(Taken(*Extractor::RegexGroup("(a)(b)(c)", 3), "abc"), "\"c\"");
  for (const int group : {-1, 0, 2}) {
    const auto refused = Extractor::RegexGroup("(a)", group);
    ASSERT_FALSE(refused.ok()) << group;
    EXPECT_NE(std::string(refused.status().message()).find("1 groups"), std::string::npos) << refused.status();
  }
  EXPECT_FALSE(Extractor::RegexGroup("(a)"
                                     "(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)(m)(n)(o)(p)(q)",
                                     17)
                   .ok())
      << "too many to ask for";
}

TEST(ExtractorProtobuf, NumbersAndTexts) {
  const std::string_view message = "\x08\x96\x01\x2a\x06\x12\x04pong\x35\x07\0\0\0"sv;
  EXPECT_EQ(Taken(*Extractor::Protobuf("1"), message), "#150");
  EXPECT_EQ(Taken(*Extractor::Protobuf("5.2"), message), "\"pong\"");
  EXPECT_EQ(Taken(*Extractor::Protobuf("6"), message), "#7");
  EXPECT_EQ(Taken(*Extractor::Protobuf("5.3"), message), "-");
  EXPECT_EQ(Taken(*Extractor::Protobuf("1"), message.substr(0, 2)), "-") << "cut off";
  EXPECT_EQ(Taken(*Extractor::Protobuf("1"), "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv),
            "#18446744073709551615");
  EXPECT_FALSE(Extractor::Protobuf("5.x").ok());
}

TEST(ExtractorBytes, TextsByPlace) {
  EXPECT_EQ(Taken(*Extractor::Bytes("2:4"), "abcdef"), "\"cd\"");
  EXPECT_EQ(Taken(*Extractor::Bytes("4:"), "abcdef"), "\"ef\"");
  EXPECT_EQ(Taken(*Extractor::Bytes(":2"), "abcdef"), "\"ab\"");
  EXPECT_EQ(Taken(*Extractor::Bytes("6:"), "abcdef"), "-");
  EXPECT_EQ(Taken(*Extractor::Bytes("7:9"), "abcdef"), "-");
}

TEST(ExtractorBytes, NumbersByPlace) {
  const std::string_view message = "\x01\x02\x03\x04\x05\x06\x07\xff\x96\x01"sv;
  EXPECT_EQ(Taken(*Extractor::Bytes("7:8 u8"), message), "#255");
  EXPECT_EQ(Taken(*Extractor::Bytes("0:2 u16"), message), "#258");
  EXPECT_EQ(Taken(*Extractor::Bytes("0:2 u16le"), message), "#513");
  EXPECT_EQ(Taken(*Extractor::Bytes("0:4 u32"), message), "#16909060");
  EXPECT_EQ(Taken(*Extractor::Bytes("0:4 u32le"), message), "#67305985");
  EXPECT_EQ(Taken(*Extractor::Bytes("0:8 u64"), message), "#72623859790383103");
  EXPECT_EQ(Taken(*Extractor::Bytes("0:8 u64le"), message), "#18376663423120507393");
  EXPECT_EQ(Taken(*Extractor::Bytes("8: varint"), message), "#150");
  EXPECT_EQ(Taken(*Extractor::Bytes("8:10 u16"), message.substr(0, 9)), "-") << "half a number is none";
  EXPECT_EQ(Taken(*Extractor::Bytes("8:9 varint"), message), "-") << "cut off";
}

TEST(ExtractorBytes, PlacesAreWellFormed) {
  for (const char* bad : {"", "4", "a:b", "4:4", "5:4", "-1:4", "0:4 u16", "0: u32", "0:4 float", "0:4  u32",
                          "0:4 u32 ", "1:2:3", "0:99999999999999999999999", "+1:2"}) {
    EXPECT_FALSE(Extractor::Bytes(bad).ok()) << bad;
  }
}

TEST(Extractor, OnlyBehindItsPrefix) {
  const Extractor from = AtPointer("/0").Behind("42");
  EXPECT_EQ(Taken(from, R"(42["a"])"), "\"a\"");
  EXPECT_EQ(Taken(from, R"(["a"])"), "-");
  EXPECT_EQ(Taken(Extractor::Bytes("0:1")->Behind("ab"), "abc"), "\"c\"");
  EXPECT_EQ(Taken(Extractor::Regex("^.")->Behind("ab"), "abc"), "\"c\"");
}

TEST(Extractor, NumericTakesOnlyNumbersFromZeroUp) {
  const Extractor from = AtPointer("/ms").Numeric();
  for (const char* good : {"0", "25000", "1.5", "1e3", "1e300", "\"25000\"", "\"0.5\"", "-0"}) {
    EXPECT_NE(Taken(from, std::string("{\"ms\":") + good + "}"), "-") << good;
  }
  for (const char* bad : {"-1", "\"abc\"", "\"NaN\"", "\"inf\"", "\"\"", "true", "null", "\"1e999\"", "1e999",
                          "\"0x10\"", "\"1s\"", "\"-1\"", "[1]"}) {
    EXPECT_EQ(Taken(from, std::string("{\"ms\":") + bad + "}"), "-") << bad;
  }
}

TEST(Extractor, HexadecimalTakesWholeNumbersInDecimal) {
  const Extractor from = AtPointer("/n").Hexadecimal();
  const auto of = [&](const std::string& text) { return Taken(from, "{\"n\":\"" + text + "\"}"); };
  EXPECT_EQ(of("0x1b4"), "#436");
  EXPECT_EQ(of("1B4"), "#436");
  EXPECT_EQ(of("0X0"), "#0");
  EXPECT_EQ(of("0xffffffffffffffff"), "#18446744073709551615");
  for (const char* bad : {"", "0x", "0x1g", "-1", "0x-1", "1 ", "0x10000000000000000", "0x0x1"})
    EXPECT_EQ(of(bad), "-");
  EXPECT_EQ(Taken(from, "{\"n\":10}"), "#16") << "what is written counts";
  EXPECT_EQ(Taken(from, "{}"), "-");
}

TEST(Extractor, HostileMessagesHaveNoValue) {
  const Extractor id = AtPointer("/id");
  EXPECT_EQ(Taken(id, std::string(size_t{16} << 20, '[')), "-");
  EXPECT_EQ(Taken(id, "{\"id\":\"\xff\xfe\"}"), "-");
  EXPECT_EQ(Taken(id, "{\"id\":" + std::string(100, '[') + std::string(100, ']') + "}"), "-");
  const std::string digits(5000, '9');
  EXPECT_EQ(Taken(id, "{\"id\":" + digits + "}"), '#' + digits);
}

TEST(Extractor, EqualWhenDeclaredAlike) {
  EXPECT_EQ(AtPointer("/a"), AtPointer("/a"));
  EXPECT_FALSE(AtPointer("/a") == AtPointer("/b"));
  EXPECT_FALSE(AtPointer("/a") == AtPointer("/a").Numeric());
  EXPECT_FALSE(AtPointer("/a") == AtPointer("/a").Hexadecimal());
  EXPECT_FALSE(AtPointer("/a") == AtPointer("/a").Behind("x"));
  EXPECT_EQ(*Extractor::Regex("(a)(b)"), *Extractor::RegexGroup("(a)(b)", 1));
  EXPECT_FALSE(*Extractor::RegexGroup("(a)(b)", 2) == *Extractor::RegexGroup("(a)(b)", 1));
  EXPECT_FALSE(*Extractor::Protobuf("1") == *Extractor::Regex("1"));
  EXPECT_EQ(*Extractor::Bytes("1:2"), *Extractor::Bytes("1:2"));
}

TEST(Extractor, WhatIsTooLongIsNoValue) {
  const std::string longest(Extractor::kLongestValue, '7');
  const std::string proto = "\x0A\x80\x80\x01" + longest;
  EXPECT_EQ(Taken(AtPointer("/a"), "{\"a\":\"" + longest + "\"}"), '"' + longest + '"');
  EXPECT_EQ(Taken(AtPointer("/a"), "{\"a\":\"" + longest + "7\"}"), "-");
  EXPECT_EQ(Taken(AtPointer("/a"), "{\"a\":" + longest + "7}"), "-");
  EXPECT_EQ(Taken(*Extractor::Regex("x(.*)"), "x" + longest), '"' + longest + '"');
  EXPECT_EQ(Taken(*Extractor::Regex("x(.*)"), "x7" + longest), "-");
  EXPECT_EQ(Taken(*Extractor::Protobuf("1"), proto), '"' + longest + '"');
  EXPECT_EQ(Taken(*Extractor::Protobuf("1"), "\x0A\x81\x80\x01" + longest + "7"), "-");
  EXPECT_EQ(Taken(*Extractor::Bytes("1:"), "x" + longest), '"' + longest + '"');
  EXPECT_EQ(Taken(*Extractor::Bytes("1:"), "xx" + longest), "-");
  EXPECT_EQ(Taken(*Extractor::Bytes("0: varint"), "\x05" + longest + longest), "#5") << "a number is short";
}

}  // namespace
}  // namespace holter::core
