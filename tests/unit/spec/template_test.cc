#include "spec/template.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
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
using Kind = core::FrameKind;

// In a scope with the capture "id" and the secret a/b.
class TemplateTest : public ::testing::Test {
 protected:
  TemplateTest() {
    EXPECT_TRUE(scope_.Add("id", core::Origin::kCapture).ok());
    EXPECT_TRUE(scope_.Add("secret:a/b", core::Origin::kSecret).ok());
  }

  std::optional<core::MessageTemplate> Make(const v1::MessageTemplate& message, Complaints& complaints,
                                            bool answers = true) const {
    std::vector<FieldViolation> violations;
    std::optional<core::MessageTemplate> made =
        CompileTemplate(message, {.scope = &scope_, .answers = answers}, FieldPath("t", violations));
    EXPECT_EQ(made.has_value(), violations.empty()) << message.ShortDebugString();
    for (const FieldViolation& violation : violations) {
      EXPECT_TRUE(complaints.emplace(violation.field, violation.description).second) << violation.field;
    }
    return made;
  }

  Complaints ComplaintsOf(const v1::MessageTemplate& message, bool answers = true) const {
    Complaints complaints;
    Make(message, complaints, answers);
    return complaints;
  }
  Complaints ComplaintsOf(const std::string& text, bool answers = true) const {
    return ComplaintsOf(FromText<v1::MessageTemplate>(text), answers);
  }

  core::MessageTemplate Made(const std::string& text) const {
    Complaints complaints;
    const auto made = Make(FromText<v1::MessageTemplate>(text), complaints);
    EXPECT_THAT(complaints, IsEmpty()) << text;
    return made.value_or(core::MessageTemplate());
  }

  // Sent in answer to the binary message "question".
  std::string Expanded(const std::string& text) const {
    const core::BeatVariables variables{.seq = 7, .unix_ns = 1700000000000000000, .uuid = {}, .hex_id = 0};
    const core::ValueStore values(scope_.size());
    std::string out;
    Made(text).Expand({.variables = &variables, .values = &values, .question = &question_}, out);
    return out;
  }
  Kind KindOf(const std::string& text) const { return Made(text).KindFor({.question = &question_}); }

  core::Scope scope_;
  const core::InboundMessage question_{core::InboundKind::kBinary, "question"};
};

TEST_F(TemplateTest, EveryKindReachesTheWire) {
  EXPECT_EQ(Expanded("text: 'ping ${seq} $${x} ${id:-none}'"), "ping 7 ${x} none");
  EXPECT_EQ(Expanded("bytes: '10 0a fF u8(${seq})'"), "\x10\x0a\xff\x07");
  EXPECT_EQ(Expanded("text: ''"), "");
  EXPECT_EQ(Expanded("empty: true"), "");
  EXPECT_EQ(Expanded("pong: 'alive ${seq}'"), "alive 7");
  EXPECT_EQ(Expanded(R"(echo { regex: '(q)u' with: '\\1' })"), "qestion");
  EXPECT_EQ(Expanded("echo {}"), "question");
  EXPECT_EQ(Expanded("text: '${message[0:5]}'"), "quest");
}

TEST_F(TemplateTest, FramesHaveTheKindsOfTheProtoComments) {
  EXPECT_EQ(KindOf("text: 'a'"), Kind::kText);
  EXPECT_EQ(KindOf("json { bool_value: true }"), Kind::kText);
  EXPECT_EQ(KindOf("bytes: '01'"), Kind::kBinary);
  EXPECT_EQ(KindOf("empty: true"), Kind::kText);
  EXPECT_EQ(KindOf("pong: 'a'"), Kind::kPong);
  EXPECT_EQ(KindOf("echo {}"), Kind::kBinary) << "as the message";
  EXPECT_EQ(KindOf("echo {} frame: FRAME_TEXT"), Kind::kText);
  EXPECT_EQ(KindOf("text: 'a' frame: FRAME_BINARY"), Kind::kBinary);
  EXPECT_EQ(KindOf("bytes: '01' frame: FRAME_TEXT"), Kind::kText);
  EXPECT_EQ(KindOf("empty: true frame: FRAME_BINARY"), Kind::kBinary);
}

TEST_F(TemplateTest, BytesThatAreNoTextAreRefusedInATextFrame) {
  const std::string text = " frame: FRAME_TEXT";
  for (const std::string bad : {"bytes: 'ff'", "bytes: 'c3 28'", "bytes: '01 ff u8(${seq})'"}) {
    EXPECT_THAT(ComplaintsOf(bad + text), ElementsAre(Pair("t.frame", HasSubstr("UTF-8")))) << bad;
    EXPECT_THAT(ComplaintsOf(bad), IsEmpty()) << bad;
  }
  // With the value of a parameter or of the peer it may be text.
  for (const std::string good : {"bytes: 'c3 a9'", "bytes: 'c3 \"${id}\"'", "bytes: 'u8(${seq})'", "echo {}"}) {
    EXPECT_THAT(ComplaintsOf(good + text), IsEmpty()) << good;
  }
}

TEST_F(TemplateTest, OtherFramesAreRefused) {
  for (const std::string frame : {"FRAME_PING", "FRAME_PONG"}) {
    EXPECT_THAT(ComplaintsOf("text: 'a' frame: " + frame), ElementsAre(Pair("t.frame", HasSubstr("TEXT or BINARY"))));
  }
  for (const std::string frame : {"FRAME_TEXT", "FRAME_BINARY"}) {
    EXPECT_THAT(ComplaintsOf("pong: 'a' frame: " + frame), ElementsAre(Pair("t.frame", HasSubstr("pong"))));
  }
  v1::MessageTemplate message = FromText<v1::MessageTemplate>("text: 'a'");
  message.set_frame(static_cast<v1::Frame>(9));
  EXPECT_THAT(ComplaintsOf(message), ElementsAre(Pair("t.frame", HasSubstr("the number 9"))));
}

TEST_F(TemplateTest, JsonIsCompactSortedAndKeepsNumbers) {
  EXPECT_EQ(Expanded(R"(json { struct_value {
      fields { key: "op" value { string_value: "ping" } }
      fields { key: "id" value { string_value: "${seq}" } }
      fields { key: "at" value { string_value: "${unix_ms}" } }
      fields { key: "n" value { number_value: 1700000000000 } }
      fields { key: "f" value { number_value: 0.1 } }
      fields { key: "x" value { string_value: "${id?}" } }
      fields { key: "y" value { string_value: "${id}" } }
      fields { key: "z" value { null_value: NULL_VALUE } }
      fields { key: "l" value { list_value { values { bool_value: true } values { number_value: -2 } } } }
      fields { key: "q" value { string_value: "a\"\n${seq}" } } } })"),
            R"({"at":1700000000000,"f":0.1,"id":7,"l":[true,-2],"n":1700000000000,"op":"ping","q":"a\"\n7",)"
            R"("y":null,"z":null})");
}

TEST_F(TemplateTest, WhatIsMissingOrMalformedIsNamed) {
  EXPECT_THAT(ComplaintsOf(""), ElementsAre(Pair("t", HasSubstr("text, json, bytes, empty, pong, echo"))));
  EXPECT_THAT(ComplaintsOf("text: '${nope}'"), ElementsAre(Pair("t.text", HasSubstr("nope"))));
  EXPECT_THAT(ComplaintsOf("text: '${seq'"), ElementsAre(Key("t.text")));
  EXPECT_THAT(ComplaintsOf("pong: '${nope}'"), ElementsAre(Pair("t.pong", HasSubstr("nope"))));
  EXPECT_THAT(ComplaintsOf("json { string_value: '${nope}' }"), ElementsAre(Pair("t.json", HasSubstr("nope"))));
  EXPECT_THAT(ComplaintsOf("empty: false"), ElementsAre(Pair("t.empty", HasSubstr("true"))));
  for (const std::string bytes : {"1", "0g", "0x10", "1 0", "u8(256)", "len8[", "${nope}"}) {
    EXPECT_THAT(ComplaintsOf("bytes: '" + bytes + "'"), ElementsAre(Key("t.bytes"))) << bytes;
  }
}

TEST_F(TemplateTest, AtMost4096Bytes) {
  EXPECT_THAT(ComplaintsOf("text: '" + std::string(4096, 'v') + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("text: '" + std::string(4097, 'v') + "'"),
              ElementsAre(Pair("t.text", AllOf(HasSubstr("4097"), Not(HasSubstr("vv"))))));
  EXPECT_THAT(ComplaintsOf("json { string_value: '" + std::string(4094, 'v') + "' }"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("json { string_value: '" + std::string(4095, 'v') + "' }"), ElementsAre(Key("t.json")));
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += "00 ";
  EXPECT_THAT(ComplaintsOf("bytes: '" + bytes + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("bytes: '" + bytes + "0'"), ElementsAre(Pair("t.bytes", HasSubstr("12289"))));
  EXPECT_THAT(ComplaintsOf("bytes: '" + std::string(2 * 4097, '0') + "'"),
              ElementsAre(Pair("t.bytes", HasSubstr("4097"))));
}

TEST_F(TemplateTest, JsonRefusesWhatIsNoJson) {
  for (const double number : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                              9007199254740992.0, -1e300}) {
    v1::MessageTemplate message;
    message.mutable_json()->mutable_list_value()->add_values()->set_number_value(number);
    EXPECT_THAT(ComplaintsOf(message), ElementsAre(Pair("t.json", HasSubstr("numbers")))) << number;
  }
  EXPECT_EQ(Expanded("json { number_value: 9007199254740991 }"), "9007199254740991");
  EXPECT_THAT(ComplaintsOf("json { list_value { values {} } }"), ElementsAre(Key("t.json")));
}

TEST_F(TemplateTest, JsonHasABoundedDepth) {
  v1::MessageTemplate message;
  google::protobuf::Value* value = message.mutable_json();
  for (int i = 0; i < 90; ++i) {
    value = value->mutable_list_value()->add_values();
  }
  value->set_bool_value(true);
  EXPECT_THAT(ComplaintsOf(message), ElementsAre(Pair("t.json", HasSubstr("deep"))));
}

TEST_F(TemplateTest, APongHasAtMost125Bytes) {
  EXPECT_THAT(ComplaintsOf("pong: '" + std::string(125, 'a') + "'"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("pong: '" + std::string(126, 'a') + "'"), ElementsAre(Pair("t.pong", HasSubstr("125"))));
  EXPECT_THAT(ComplaintsOf("pong: '" + std::string(106, 'a') + "${seq}'"), ElementsAre(Key("t.pong")));
  EXPECT_THAT(ComplaintsOf("pong: '${id}'"), ElementsAre(Pair("t.pong", HasSubstr("unknown size"))));
}

TEST_F(TemplateTest, OnlyAnswersSpeakOfTheMessage) {
  EXPECT_THAT(ComplaintsOf("echo {}", /*answers=*/false), ElementsAre(Pair("t.echo", HasSubstr("only in answers"))));
  EXPECT_THAT(ComplaintsOf("text: '${message}'", /*answers=*/false),
              ElementsAre(Pair("t.text", HasSubstr("answered"))));
  EXPECT_THAT(ComplaintsOf("bytes: '${message[1:]}'", /*answers=*/false), ElementsAre(Key("t.bytes")));
}

TEST_F(TemplateTest, AnEchoIsGoodAndBounded) {
  EXPECT_THAT(ComplaintsOf("echo { with: 'a' }"), ElementsAre(Pair("t.echo.with", "needs regex")));
  EXPECT_THAT(ComplaintsOf("echo { regex: '(' }"), ElementsAre(Pair("t.echo.regex", HasSubstr("missing )"))));
  EXPECT_THAT(ComplaintsOf(R"(echo { regex: 'a' with: '\\1' })"),
              ElementsAre(Pair("t.echo.with", HasSubstr("groups"))));
  const auto many = [](size_t count) { return std::string(count, 'a'); };
  EXPECT_THAT(ComplaintsOf("echo { regex: '" + many(1024) + "' with: '" + many(1024) + "' }"), IsEmpty());
  EXPECT_THAT(ComplaintsOf("echo { regex: '" + many(1025) + "' }"), ElementsAre(Key("t.echo.regex")));
  EXPECT_THAT(ComplaintsOf("echo { regex: 'a' with: '" + many(1025) + "' }"), ElementsAre(Key("t.echo.with")));
}

TEST_F(TemplateTest, ATokenIsNeverRepeated) {
  for (const std::string text :
       {"text: 's3cret ${nope}'", "json { string_value: 's3cret ${nope}' }", "bytes: '\"s3cret\" zz'",
        "pong: 's3cret ${id}'", "echo { regex: '(' with: 's3cret' }"}) {
    for (const auto& [field, description] : ComplaintsOf(text)) {
      EXPECT_THAT(description, Not(HasSubstr("s3cret"))) << text;
    }
  }
}

TEST(TemplateInSpecTest, EveryPlaceHasItsContext) {
  const auto complaints = [](const std::string& text) { return ComplaintsAbout(text); };
  EXPECT_THAT(complaints("beats { name: 'a' send { text: '${message}' } }"),
              ElementsAre(Key("session.spec.beats[0].send.text")));
  EXPECT_THAT(complaints("open { send { echo {} } }"), ElementsAre(Key("session.spec.open[0].send.echo")));
  EXPECT_THAT(complaints("answers { when { text: 'q' } send { text: '${message}' } }"), IsEmpty());
  EXPECT_THAT(complaints("ends { when { text: 'q' } verdict: VERDICT_MIGRATE url: '${message:/url}' }"), IsEmpty());
  EXPECT_THAT(complaints("beats { name: 'a' send { text: '${secret:a/b}' } }"), IsEmpty());
  EXPECT_THAT(complaints("beats { name: 'a' send { text: '${secret:a}' } }"),
              ElementsAre(Pair("session.spec.beats[0].send.text", HasSubstr("name/key"))));
}

}  // namespace
}  // namespace holter::spec
