#include "spec/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

std::optional<CompiledCapture> Make(const std::string& text, Complaints& complaints) {
  std::vector<FieldViolation> violations;
  std::optional<CompiledCapture> made = CompileCapture(FromText<v1::Capture>(text), FieldPath("c", violations));
  EXPECT_EQ(made.has_value(), violations.empty()) << text;
  for (const FieldViolation& violation : violations) {
    EXPECT_TRUE(complaints.emplace(violation.field, violation.description).second) << violation.field;
  }
  return made;
}

Complaints ComplaintsOf(const std::string& text) {
  Complaints complaints;
  Make(text, complaints);
  return complaints;
}

// "-": no value.
std::string Taken(const std::string& text, std::string_view message) {
  Complaints complaints;
  const std::optional<CompiledCapture> made = Make(text, complaints);
  EXPECT_THAT(complaints, IsEmpty()) << text;
  core::Value value;
  return made && made->from.Extract(core::InboundMessage(core::InboundKind::kText, message), value) ? value.text : "-";
}

core::Keep KeepOf(const std::string& keep) {
  Complaints complaints;
  return Make("pointer: '/a' " + keep, complaints)->keep;
}

TEST(CaptureTest, EveryPlaceIsRead) {
  EXPECT_EQ(Taken("pointer: '/id'", R"({"id":1.50})"), "1.50");
  EXPECT_EQ(Taken("pointer: ''", "17"), "17");
  EXPECT_EQ(Taken("pointer: '/body' inside: '/id'", R"({"body":"{\"id\":7}"})"), "7");
  EXPECT_EQ(Taken("regex: 'id=([0-9]+)'", "x id=42"), "42");
  EXPECT_EQ(Taken("protobuf: '1'", "\x08\x96\x01"), "150");
  EXPECT_EQ(Taken("bytes: '1:3 u16'", std::string_view("\x00\x01\x02", 3)), "258");
  EXPECT_EQ(Taken("pointer: '/0' prefix: '42'", R"(42["a"])"), "a");
  EXPECT_EQ(Taken("pointer: '/0' prefix: '42'", R"(["a"])"), "-");
}

TEST(CaptureTest, AUnitTakesOnlyNumbers) {
  EXPECT_EQ(Taken("pointer: '/t' unit: 'ms'", R"({"t":25000})"), "25000");
  EXPECT_EQ(Taken("pointer: '/t' unit: 'ms'", R"({"t":"25000"})"), "25000");
  EXPECT_EQ(Taken("pointer: '/t' unit: 'ms'", R"({"t":"soon"})"), "-");
  EXPECT_EQ(Taken("pointer: '/t' unit: 'ms'", R"({"t":-1})"), "-");
  EXPECT_EQ(Taken("pointer: '/t'", R"({"t":-1})"), "-1");
}

TEST(CaptureTest, HexadecimalNumbersAreTakenInDecimal) {
  EXPECT_EQ(Taken("pointer: '/t' hexadecimal: true", R"({"t":"0x1b4"})"), "436");
  EXPECT_EQ(Taken("pointer: '/t' hexadecimal: true unit: 's'", R"({"t":"0x1b4"})"), "436");
  EXPECT_EQ(Taken("pointer: '/t' hexadecimal: true", R"({"t":"soon"})"), "-");
}

TEST(CaptureTest, OnlyAStepGoesOnWithoutAValue) {
  const auto capture = FromText<v1::Capture>("pointer: '/t' optional: true");
  std::vector<FieldViolation> violations;
  EXPECT_TRUE(CompileCapture(capture, FieldPath("c", violations), /*of_step=*/true));
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_THAT(ComplaintsOf("pointer: '/t' optional: true"),
              ElementsAre(Pair("c.optional", HasSubstr("only in an open step"))));
}

TEST(CaptureTest, WhichOneStays) {
  EXPECT_EQ(KeepOf(""), core::Keep::kLast);
  EXPECT_EQ(KeepOf("keep: KEEP_LAST"), core::Keep::kLast);
  EXPECT_EQ(KeepOf("keep: KEEP_FIRST"), core::Keep::kFirst);
  EXPECT_EQ(KeepOf("keep: KEEP_MAX"), core::Keep::kMax);
}

TEST(CaptureTest, WhatIsMalformedIsNamed) {
  EXPECT_THAT(ComplaintsOf(""), ElementsAre(Pair("c", HasSubstr("pointer, regex, protobuf, bytes"))));
  EXPECT_THAT(ComplaintsOf("pointer: 'a'"), ElementsAre(Key("c.pointer")));
  EXPECT_THAT(ComplaintsOf("pointer: 'a' inside: 'b'"), ElementsAre(Key("c.inside"), Key("c.pointer")));
  EXPECT_THAT(ComplaintsOf("regex: '.' inside: '/b'"), ElementsAre(Pair("c.inside", HasSubstr("needs pointer"))));
  EXPECT_THAT(ComplaintsOf("regex: '('"), ElementsAre(Key("c.regex")));
  EXPECT_THAT(ComplaintsOf("regex: ''"), ElementsAre(Key("c.regex")));
  EXPECT_THAT(ComplaintsOf("protobuf: ''"), ElementsAre(Key("c.protobuf")));
  EXPECT_THAT(ComplaintsOf("bytes: '8:12 f32'"), ElementsAre(Key("c.bytes")));
  EXPECT_THAT(ComplaintsOf("pointer: '/a' keep: 9"), ElementsAre(Key("c.keep")));
}

TEST(CaptureTest, SizesAreBounded) {
  const auto many = [](size_t count) { return std::string(count, 'a'); };
  EXPECT_THAT(ComplaintsOf("pointer: '/" + many(255) + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("pointer: '/" + many(256) + "'"), ElementsAre(Key("c.pointer")));
  EXPECT_THAT(ComplaintsOf("pointer: '' inside: '/" + many(256) + "'"), ElementsAre(Key("c.inside")));
  EXPECT_THAT(ComplaintsOf("regex: '" + many(1024) + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("regex: '" + many(1025) + "'"), ElementsAre(Key("c.regex")));
  EXPECT_THAT(ComplaintsOf("regex: '.' prefix: '" + many(64) + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("regex: '.' prefix: '" + many(65) + "'"), ElementsAre(Key("c.prefix")));
}

TEST(ShowTest, CapturedValuesAreShownByName) {
  const std::string captures = "capture { values { key: 'id' value { pointer: '/id' } } } ";
  const auto shared = Compiled(captures + "show: 'id'");
  ASSERT_EQ(shared->dialect.shown.size(), 1u);
  EXPECT_EQ(shared->dialect.shown[0], shared->dialect.scope.Find("id"));
  const auto refused = [&](const std::string& spec) { return ComplaintsAbout(captures + spec); };
  EXPECT_THAT(refused("parameters { key: 'token' value: '${secret:a/b}' } show: 'token'"),
              ElementsAre(Pair("session.spec.show[0]", HasSubstr("captured value, got \"token\""))));
  EXPECT_THAT(refused("show: 'id' show: 'nothing'"), ElementsAre(Key("session.spec.show[1]")));
  std::string many;
  for (int i = 0; i < 9; ++i) many += "show: 'id' ";
  EXPECT_THAT(refused(many), ElementsAre(Key("session.spec.show")));
}

TEST(ShowTest, SecretsOfHeadersAreKnownToBeKeptOutOfIt) {
  const std::string spec =
      "headers { name: 'Authorization' value: 'Bearer ${secret:a/b}' } "
      "capture { values { key: 'id' value { pointer: '/id' } } } ";
  EXPECT_EQ(Compiled(spec)->dialect.secrets.size(), 0u);
  const auto shared = Compiled(spec + "show: 'id'");
  ASSERT_EQ(shared->dialect.secrets.size(), 1u);
  EXPECT_EQ(shared->dialect.secrets[0].text, "${secret:a/b}");
  EXPECT_TRUE(shared->dialect.secrets[0].secret);
}

}  // namespace
}  // namespace holter::spec
