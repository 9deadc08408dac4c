// Binary messages with variables.
#include <gmock/gmock.h>

#include "core/message_template.h"
#include "tests/unit/core/template_fixture.h"

namespace holter::core {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class BytesTemplate : public holter::testing::TemplateFixture {
 protected:
  // What is sent as hexadecimal digits.
  std::string Hex(std::string_view text) const {
    const std::string bytes = Bytes(text);
    if (bytes.starts_with("error: ")) return bytes;
    std::string hex;
    for (const char c : bytes) {
      for (const int digit : {(c >> 4) & 0xF, c & 0xF}) hex += "0123456789abcdef"[digit];
    }
    return hex;
  }
};

TEST_F(BytesTemplate, HexadecimalDigitsGiveBinaryFrames) {
  EXPECT_EQ(Hex("10 0a FF"), "100aff");
  EXPECT_EQ(Hex("  00ff  "), "00ff");
  EXPECT_EQ(Hex(""), "");
  EXPECT_EQ(MessageTemplate::FromBytes("10")->KindFor({}), FrameKind::kBinary);
  EXPECT_EQ(MessageTemplate::FromBytes("10 0a FF")->MaxSize(), 3u);
  EXPECT_EQ(*MessageTemplate::FromBytes("10 0aFF"), *MessageTemplate::FromBytes("100Aff"));
}

TEST_F(BytesTemplate, WhatIsWrongIsSaidWithItsPlace) {
  for (const std::string_view bad :
       {"1",     "1 0",     "0g",       "0x10",         "10,11",        "10\n11",     "g0",       "u8",          "u8(",
        "u8()",  "u8(1",    "u8(x)",    "u8(-1)",       "u8(1 )",       "u24(1)",     "u8le(1)",  "varintle(1)", "len8",
        "len8[", "len8[00", "len8(00)", "len64[]",      "len8+[]",      "len8+256[]", "len8+x[]", "]",           "\"a",
        "${seq", "$",       "${text?}", "u8(${text?})", "u8(${text} )", "u8(\"1\")"}) {
    EXPECT_THAT(Bytes(bad), StartsWith("error: expected ")) << bad;
  }
  EXPECT_THAT(Bytes("00 0g"), HasSubstr("pairs of hexadecimal digits such as \"10 0a FF\", at character 3"));
  EXPECT_THAT(Bytes("00 u9(1)"), HasSubstr("at character 3"));
  EXPECT_THAT(Bytes("len8[00"), HasSubstr("expected \"]\", at character 7"));
  EXPECT_THAT(Bytes("\"${nope}\""), HasSubstr("unknown variable"));
  EXPECT_THAT(Bytes("u8(${nope})"), HasSubstr("unknown variable"));
}

TEST_F(BytesTemplate, TextsAndVariablesStandBetween) {
  SetText(std::string_view("\0\xff", 2));
  EXPECT_EQ(Bytes("\"CONNECT\"0a\"id:${seq}\"0a00"), std::string("CONNECT\nid:7\n\0", 14));
  EXPECT_EQ(Hex("01 ${text} 02"), "0100ff02");
  EXPECT_EQ(Bytes("\"$${seq}\\\""), "${seq}\\") << "a backslash is nothing special";
  EXPECT_EQ(Hex("${none} ${none:-00}"), "3030") << "a default is a text";
  question_ = "\x01\x02\x03\x04";
  EXPECT_EQ(Hex("ff ${message[1:3]}"), "ff0203");
}

TEST_F(BytesTemplate, NumbersHaveTheirSizesAndOrders) {
  EXPECT_EQ(Hex("u8(255) u16(258) u32(16909060) u64(72623859790382856)"), "ff0102010203040102030405060708");
  EXPECT_EQ(Hex("u16le(258) u32le(16909060) u64le(72623859790382856)"), "0201040302010807060504030201");
  EXPECT_EQ(Hex("u16(0x0102) u64(0xffffffffffffffff)"), "0102ffffffffffffffff");
  EXPECT_EQ(Hex("varint(0) varint(127) varint(128) varint(321) varint(18446744073709551615)"),
            "007f8001c102ffffffffffffffffff01");
}

TEST_F(BytesTemplate, ANumberThatDoesNotFitIsRefused) {
  EXPECT_THAT(Bytes("00 u8(256)"), AllOf(HasSubstr("a number from 0 to 255"), HasSubstr("at character 6")));
  EXPECT_THAT(Bytes("u16le(65536)"), HasSubstr("from 0 to 65535"));
  EXPECT_THAT(Bytes("u32(4294967296)"), HasSubstr("from 0 to 4294967295"));
  EXPECT_THAT(Bytes("u64(18446744073709551616)"), HasSubstr("from 0 to 18446744073709551615"));
}

TEST_F(BytesTemplate, NumbersOfVariablesAreCutToTheirSize) {
  SetToken("65537");
  EXPECT_EQ(Hex("u8(${seq}) u32(${token}) u16(${token}) varint(${token})"), "07000100010001818004");
  EXPECT_EQ(Hex("u64le(${unix_ms})"), "7b68e5cf8b010000") << 1700000000123;
  for (const auto& [text, hex] :
       {std::pair("-1", "ffff"), std::pair("12.9", "000c"), std::pair("1e3", "03e8"), std::pair("abc", "0000"),
        std::pair("", "0000"), std::pair("nan", "0000"), std::pair("inf", "0000"), std::pair("1e400", "0000"),
        std::pair("0x10", "0000"), std::pair("18446744073709551617", "0000"), std::pair("-0", "0000")}) {
    SetText(text);
    EXPECT_EQ(Hex("u16(${text})"), hex) << text;
  }
  EXPECT_EQ(Hex("u8(${none}) u8(${none:-5})"), "0005");
}

TEST_F(BytesTemplate, LengthsCountWhatIsInTheirBrackets) {
  SetText("hello");
  EXPECT_EQ(Hex("len8[] len8[00 01] len16[\"${text}\"] len32[00]"),
            "0002000100"
            "0568656c6c6f"
            "0000000100");
  EXPECT_EQ(Hex("len32+4[00 01] len8+0[]"), "00000006000100");
  EXPECT_EQ(Hex("lenv[00]"), "0100");
  // CONNECT of MQTT 3.1.1: a varint over fields with lengths of their own.
  EXPECT_EQ(Hex("10 lenv[len16[\"MQTT\"] 04 02 u16(60) len16[${text}]]"),
            "1011"
            "00044d515454"
            "0402003c"
            "000568656c6c6f");
}

TEST_F(BytesTemplate, ALongLengthTakesMoreBytes) {
  SetText(std::string(300, 'x'));
  EXPECT_TRUE(Bytes("lenv[${text}]").starts_with("\xac\x02xx"));
  EXPECT_EQ(Bytes("lenv[lenv[${text}]]").substr(0, 5), "\xae\x02\xac\x02x");
  EXPECT_EQ(Bytes("len16[${text}]").size(), 302u);
}

TEST_F(BytesTemplate, WhatALengthCannotSayIsCut) {
  SetText(std::string(300, 'x'));
  EXPECT_EQ(Bytes("len8[${text}] 00").size(), 257u);
  EXPECT_EQ(Bytes("len8[${text}] 00").substr(0, 2), "\xffx");
  EXPECT_EQ(Bytes("len8+4[${text}]").size(), 252u) << "the length says 255";
}

TEST_F(BytesTemplate, LengthsHaveABoundedDepth) {
  std::string open;
  std::string close;
  for (int i = 0; i < 8; ++i) {
    open += "len8[";
    close += "]";
  }
  EXPECT_EQ(Hex(open + close), "0706050403020100");
  EXPECT_THAT(Bytes("len8[" + open + close + "]"), HasSubstr("at most 8 deep"));
}

TEST_F(BytesTemplate, SizesAreBounds) {
  EXPECT_EQ(MessageTemplate::FromBytes("00 u32(${seq}) len16[01] varint(1)")->MaxSize(), 9u);
  EXPECT_EQ(MessageTemplate::FromBytes("varint(${seq}) lenv[]")->MaxSize(), 20u);
  EXPECT_EQ(MessageTemplate::FromBytes("u8(${text})", InBeat())->MaxSize(), 1u);
  EXPECT_EQ(MessageTemplate::FromBytes("len8[${text}]", InBeat())->MaxSize(), SIZE_MAX);
}

}  // namespace
}  // namespace holter::core
