// JSON texts with variables.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/message_template.h"
#include "tests/unit/core/template_fixture.h"

namespace holter::core {
namespace {

using holter::testing::kUuidText;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class JsonTemplate : public holter::testing::TemplateFixture {};

TEST_F(JsonTemplate, AStringThatIsJustAVariableIsARawToken) {
  EXPECT_EQ(Json(R"({"op": "ping", "id": "${seq}", "t": "${unix_ms}", "u": "${uuid}"})"),
            fmt::format(R"({{"op":"ping","id":7,"t":1700000000123,"u":"{}"}})", kUuidText));
  EXPECT_EQ(Json(R"(["${unix_s}","${unix_us}","${unix_ns}","${iso_time}","${hex_id}"])"),
            R"([1700000000,1700000000123456,1700000000123456789,"2023-11-14T22:13:20.123Z","0000000000000abc"])");
  EXPECT_EQ(Json(R"("${seq}")"), "7");
  EXPECT_EQ(Json(R"([ "${seq}" , 1 , [] , {} , null , true , false ])"), "[7,1,[],{},null,true,false]");
}

TEST_F(JsonTemplate, InsideAStringVariablesAreText) {
  EXPECT_EQ(Json(R"({"id":"n${seq}"})"), R"({"id":"n7"})");
  EXPECT_EQ(Json(R"({"id":"${seq}${seq}"})"), R"({"id":"77"})");
  EXPECT_EQ(Json(R"({"k${seq}":"$${seq}"})"), R"({"k7":"${seq}"})");
}

TEST_F(JsonTemplate, CapturedTokensAndTextsKeepTheirKind) {
  SetToken("18446744073709551617");
  SetText("1\n\"7");
  EXPECT_EQ(Json(R"({"a":"${token}","b":"${text}","c":"${none}"})"),
            R"({"a":18446744073709551617,"b":"1\n\"7","c":null})");
  EXPECT_EQ(Json(R"({"a":"<${token}>","b":"<${text}>","c":"<${none}>"})"),
            R"({"a":"<18446744073709551617>","b":"<1\n\"7>","c":"<>"})");
}

TEST_F(JsonTemplate, WhatIsInsertedCannotEndItsString) {
  SetText(R"(x","admin":true,"y":"\)");
  EXPECT_EQ(Json(R"({"a":"${text}","b":"-${text}-"})"),
            R"({"a":"x\",\"admin\":true,\"y\":\"\\","b":"-x\",\"admin\":true,\"y\":\"\\-"})");
  SetText("\xff\x01");
  EXPECT_EQ(Json(R"(["${text}","a${text}"])"), "[\"\uFFFD\\u0001\",\"a\uFFFD\\u0001\"]") << "always UTF-8";
}

TEST_F(JsonTemplate, ADefaultThatIsJsonIsJson) {
  EXPECT_EQ(Json(R"(["${none:-null}","${none:-0}","${none:-true}","${none:-x}","${none:-}","${none:-01}"])"),
            R"([null,0,true,"x","","01"])");
  EXPECT_EQ(Json(R"(["${none:-{\"a\":[1]}}","${none:-\"q\"}"])"), R"([{"a":[1]},"q"])");
  EXPECT_EQ(Json(R"(["a${none:-\"q\"}"])"), R"(["a\"q\""])");
  SetText("known");
  EXPECT_EQ(Json(R"(["${text:-0}"])"), R"(["known"])");
}

TEST_F(JsonTemplate, AMemberWithoutValueIsLeftOut) {
  const std::string_view object = R"({"a":"${token?}","b":1,"c":"${text?}","d":"${none?}"})";
  EXPECT_EQ(Json(object), R"({"b":1})");
  SetToken("5");
  EXPECT_EQ(Json(object), R"({"a":5,"b":1})");
  SetText("");
  EXPECT_EQ(Json(object), R"({"a":5,"b":1,"c":""})");
  EXPECT_EQ(Json(R"({"x":{"a":"${none?}"},"y":[{"a":"${none?}","b":"${text?}"}]})"), R"({"x":{},"y":[{"b":""}]})");
  EXPECT_EQ(Json(R"({"a":"${none?}","b":{"c":"${none?}"},"d":"${token?}"})"), R"({"b":{},"d":5})");
  EXPECT_EQ(Json(R"({"a":"${none?}","b":"${token?}","c{":"${token?}","d":"{"})"), R"({"b":5,"c{":5,"d":"{"})");
  EXPECT_EQ(Json(R"({"a":"${seq?}","k${seq}":"${none?}"})"), R"({"a":7})");
}

TEST_F(JsonTemplate, OnlyMembersMayBeLeftOut) {
  for (const std::string_view bad :
       {R"(["${text?}"])", R"("${text?}")", R"({"a":"x${text?}"})", R"({"${text?}":1})", R"({"a":["${text?}"]})"}) {
    EXPECT_THAT(Json(bad), HasSubstr("the whole value of a JSON member")) << bad;
  }
  EXPECT_THAT(Json(R"({"a":"${text?:-x}"})"), StartsWith("error: unknown variable"));
}

TEST_F(JsonTemplate, ValuesOfTheQuestionAreCopiedAsTheyAreWritten) {
  question_ = R"({ "id": 9007199254740993, "s": "a\"b", "o": {"x": [1.50, null]}, "n": null, "b": false })";
  EXPECT_EQ(Json(R"(["${message:/id}","${message:/s}","${message:/o}","${message:/o/x}","${message:/b}"])"),
            R"([9007199254740993,"a\"b",{"x":[1.50,null]},[1.50,null],false])");
  EXPECT_EQ(Json(R"(["${message:/n}","${message:/none}","${message:/n:-0}"])"), "[null,null,0]");
  EXPECT_EQ(Json(R"({"n":"${message:/n?}","o":"${message:/o?}","e":"${message:/none?}"})"),
            R"({"o":{"x":[1.50,null]}})");
  EXPECT_EQ(Json(R"(["in ${message:/o}"])"), R"(["in {\"x\":[1.50,null]}"])");
  question_ = "no \"JSON\"";
  EXPECT_EQ(Json(R"(["${message}","${message:/a}","${message[0:2]}","${length:message}"])"),
            R"(["no \"JSON\"",null,"no",9])");
}

TEST_F(JsonTemplate, SizesAreBoundsWithQuotes) {
  EXPECT_EQ(MessageTemplate::FromJson(R"("${hex_id}")")->MaxSize(), 18u);
  EXPECT_EQ(MessageTemplate::FromJson(R"({"a":"${text}"})", InBeat())->MaxSize(), SIZE_MAX);
}

TEST_F(JsonTemplate, NumbersBeyond64BitsSurvive) {
  EXPECT_EQ(Json("[123456789012345678901234567890, 9007199254740993, 1.10, -0, 1E+2]"),
            "[123456789012345678901234567890,9007199254740993,1.10,-0,1E+2]");
}

TEST_F(JsonTemplate, StringsAreEscapedAgain) {
  EXPECT_EQ(Json(R"({"a\"b":"\n\\\u0001é"})"), "{\"a\\\"b\":\"\\n\\\\\\u0001\xc3\xa9\"}");
}

TEST_F(JsonTemplate, RefusesWhatIsNotJson) {
  for (const std::string_view bad : {"", "{", "{a:1}", "[1,]", "1 2", "nul", "'x'", "{\"a\":\"${nope}\"}",
                                     "{\"${nope}\":1}", "[01]", "// c\n1", "\"${text:-${seq}}\"", "\"${seq\""}) {
    EXPECT_THAT(Json(bad), StartsWith("error: ")) << bad;
  }
  EXPECT_FALSE(MessageTemplate::FromJson(std::string(1000, '[')).ok());
}

TEST_F(JsonTemplate, WhatShallBeTextIsAString) {
  SetToken("18446744073709551615");
  SetText("1\n\"7");
  question_ = R"({"n":9007199254740993,"o":{"x":[1]},"s":"a"})";
  EXPECT_EQ(Json(R"({"a":"${token}","b":"${text:token}"})"),
            R"({"a":18446744073709551615,"b":"18446744073709551615"})");
  EXPECT_EQ(Json(R"(["${text:seq}","${text:unix_s}","${text:uuid}","${text:length:token}","${length:token}"])"),
            fmt::format(R"(["7","1700000000","{}","20",20])", kUuidText));
  EXPECT_EQ(Json(R"(["${text:message:/n}","${text:message:/o}","${text:message:/s}"])"),
            R"(["9007199254740993","{\"x\":[1]}","a"])");
  EXPECT_EQ(Json(R"(["${text:text}","${text:none}","${text:none:-5}","x${text:token}"])"),
            R"(["1\n\"7",null,"5","x18446744073709551615"])");
  EXPECT_EQ(Json(R"({"a":"${text:none?}","b":"${text:token?}"})"), R"({"b":"18446744073709551615"})");
  EXPECT_EQ(Text("${text:token} ${text:seq}"), "18446744073709551615 7") << "elsewhere it changes nothing";
  EXPECT_THAT(Json(R"("${text:nothing}")"), StartsWith("error: unknown variable \"nothing\""));
  EXPECT_THAT(Json(R"("${length:text:token}")"), StartsWith("error: unknown variable"));
}

}  // namespace
}  // namespace holter::core
