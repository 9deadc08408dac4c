// Texts with variables, and echoes.
#include "core/message_template.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>

#include "tests/unit/core/template_fixture.h"

namespace holter::core {
namespace {

using holter::testing::kUuidText;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class TextTemplate : public holter::testing::TemplateFixture {};

TEST_F(TextTemplate, ReplacesVariables) {
  EXPECT_EQ(Text("${seq}"), "7");
  EXPECT_EQ(Text("a${seq}b${unix_ms}c${uuid}d"), fmt::format("a7b1700000000123c{}d", kUuidText));
  EXPECT_EQ(Text("${unix_s} ${unix_us} ${unix_ns} ${iso_time} ${hex_id}"),
            "1700000000 1700000000123456 1700000000123456789 2023-11-14T22:13:20.123Z 0000000000000abc");
  EXPECT_EQ(Text("${seq}${seq}"), "77");
  EXPECT_EQ(Text("ping"), "ping");
  EXPECT_EQ(Text(""), "");
}

TEST_F(TextTemplate, ATimeMayBeToCome) {
  EXPECT_EQ(Text("${unix_ms+10s} ${unix_s+1m30s} ${unix_us+1ms} ${unix_ns+24h}"),
            "1700000010123 1700000090 1700000000124456 1700086400123456789");
  EXPECT_EQ(Text("${iso_time+1h} ${text:unix_s+1s} ${length:unix_s+1s}"), "2023-11-14T23:13:20.123Z 1700000001 10");
  EXPECT_EQ(Json(R"({"t":"${unix_ms+10s}","s":"${text:unix_ms+10s}"})"), R"({"t":1700000010123,"s":"1700000010123"})");
  for (const std::string_view bad : {"${seq+1s}", "${uuid+1s}", "${hex_id+1s}", "${unix_ms+}", "${unix_ms+10}",
                                     "${unix_ms+0s}", "${unix_ms+-1s}", "${unix_ms+24h1s}", "${unix_ms+1s+1s}"}) {
    EXPECT_THAT(Text(bad), StartsWith("error: expected a time and a duration up to 24h")) << bad;
  }
  EXPECT_THAT(Text("${nothing+1s}"), StartsWith("error: unknown variable"));
  BeatVariables late{.unix_ns = std::numeric_limits<int64_t>::max() - 1};
  EXPECT_EQ(late.After(std::chrono::hours(24)).unix_ns, std::numeric_limits<int64_t>::max()) << "not beyond its end";
}

TEST_F(TextTemplate, DoubledDollarIsAPlainOne) {
  EXPECT_EQ(Text("$${seq}"), "${seq}");
  EXPECT_EQ(Text("x$${${seq}}"), "x${7}");
  EXPECT_EQ(Text("$ $x {seq} $$"), "$ $x {seq} $$");
}

TEST_F(TextTemplate, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Text("${sequence}"),
            "error: unknown variable \"sequence\"; expected one of seq, unix_s, unix_ms, unix_us, unix_ns, iso_time, "
            "uuid, hex_id, message, token, text, none, login");
  EXPECT_THAT(Expand(MessageTemplate::FromText("${token}")),
              AllOf(StartsWith("error: unknown variable \"token\""), Not(HasSubstr("message"))));
  for (const std::string_view bad :
       {"${}", "${seq", "${ seq }", "${seq:-", "${Seq}", "${text?}", "${text:}", "${text:+a}", "${length:}",
        "${length:nope}", "${length:length:text}", "${text[0:1]}"}) {
    EXPECT_THAT(Text(bad), StartsWith("error: ")) << bad;
  }
  EXPECT_EQ(MessageTemplate::FromText("${x}").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TextTemplate, AnErrorCutsALongName) {
  EXPECT_THAT(Text("${" + std::string(1000, 'x') + "}"), Not(HasSubstr(std::string(33, 'x'))));
}

TEST_F(TextTemplate, ValuesAreWrittenAsTheyAre) {
  EXPECT_EQ(Text("<${text}>"), "<>") << "nothing is known";
  SetText("a\"\n\xff");
  SetToken("9007199254740993");
  EXPECT_EQ(Text("<${text}|${token}>"), "<a\"\n\xff|9007199254740993>");
}

TEST_F(TextTemplate, DefaultsStandForWhatIsNotKnown) {
  EXPECT_EQ(Text("${text:-none} ${text:-} ${text:-a:-b}"), "none  a:-b");
  EXPECT_EQ(Text(R"(${text:-{"a":{}}}!)"), R"({"a":{}}!)") << "braces stand in pairs";
  EXPECT_EQ(Text("${seq:-x}"), "7");
  SetText("");
  EXPECT_EQ(Text("${text:-none}"), "") << "an empty text is a value";
  EXPECT_THAT(Text("${text:-${seq}}"), HasSubstr("no other variable"));
}

TEST_F(TextTemplate, SecretsComeFromTheScope) {
  Set("secret:a/b", Value::Kind::kText, "s3cret");
  EXPECT_EQ(Text("login ${secret:a/b}"), "login s3cret");
  EXPECT_THAT(Text("${secret:a/c}"), HasSubstr("of the form ${secret:name/key}"));
  EXPECT_FALSE(MessageTemplate::FromText("${secret:a/b}").ok());
}

TEST_F(TextTemplate, KnowsWhichSlotsItUses) {
  const auto slots = [&](std::string_view text) { return MessageTemplate::FromText(text, InAnswer())->slots(); };
  EXPECT_EQ(slots("${seq} ${message}"), 0u);
  EXPECT_EQ(slots("${secret:a/b}"), uint64_t{1} << *scope_.Find("secret:a/b"));
  EXPECT_EQ(slots("${text}${length:token}${text}"), 3u);
  EXPECT_EQ(MessageTemplate::FromJson(R"({"a":"${text?}","b":"x${token}"})", InBeat())->slots(), 3u);
  EXPECT_EQ(MessageTemplate::FromBytes("u8(${token})", InBeat())->slots(), 1u);
  EXPECT_EQ(MessageTemplate().slots(), 0u);
}

TEST_F(TextTemplate, TheQuestionIsKnownInAnswersOnly) {
  question_ = R"({"id":12345678901234567890,"data":{"a":[1,"x"]},"s":"q\"","n":null,"t":true})";
  EXPECT_EQ(Text("${message}"), question_);
  EXPECT_EQ(Text("${message:/id} ${message:/s} ${message:/t} ${message:/data/a/1}"), "12345678901234567890 q\" true x");
  EXPECT_EQ(Text("${message:/data}"), R"({"a":[1,"x"]})");
  EXPECT_EQ(Text("${message:/n:-no} ${message:/x:-no} ${message:/data/a/2:-no}|${message:/x}|"), "no no no||");
  EXPECT_EQ(Text("${message[2:4]} ${message[:1]} ${message[75:]} ${message[100:]:-far}"), "id { } far");
  for (const std::string_view reference : {"${message}", "${message:/id}", "${message[1:2]}", "${length:message}"}) {
    EXPECT_THAT(Expand(MessageTemplate::FromText(reference, InBeat())), HasSubstr("only where a message is answered"))
        << reference;
  }
  for (const std::string_view bad :
       {"${message:id}", "${message:/a~2}", "${message[}", "${message[]}", "${message[4:4]}", "${message[5:4]}",
        "${message[-1:]}", "${message[a:]}", "${message[1]}", "${messages}", "${message.id}"}) {
    EXPECT_THAT(Text(bad), StartsWith("error: ")) << bad;
  }
}

TEST_F(TextTemplate, AQuestionThatIsNoJsonHasNoPlaces) {
  question_ = "ping {";
  EXPECT_EQ(Text("${message:/id:-none} ${message: }"),
            "error: expected a JSON pointer (RFC 6901): empty, or starting "
            "with \"/\"");
  EXPECT_EQ(Text("${message:/id:-none}"), "none");
  question_ = "17";
  EXPECT_EQ(Text("${message:}"), "17") << "the whole document";
}

TEST_F(TextTemplate, LengthsCountWhatWouldBeWritten) {
  SetText("h\xc3\xa9llo");
  question_ = R"({"a": [ 1 ]})";
  EXPECT_EQ(Text("${length:text} ${length:token} ${length:token:-abc}"), "6 0 3");
  EXPECT_EQ(Text("${length:uuid} ${length:message} ${length:message:/a} ${length:message[1:]}"), "36 12 3 11");
}

TEST_F(TextTemplate, PlacesForValuesAreFew) {
  std::string text;
  for (int i = 0; i < MessageTemplate::kMostValues; ++i) text += "${message}${seq}";
  EXPECT_TRUE(MessageTemplate::FromText(text, InAnswer()).ok());
  EXPECT_EQ(Text(text + "${text}"), "error: expected at most 32 places for values, got 33");
}

TEST_F(TextTemplate, KnowsWhatItUses) {
  const MessageTemplate both = *MessageTemplate::FromText("${seq} ${uuid}");
  EXPECT_TRUE(both.Uses(Variable::kSeq));
  EXPECT_FALSE(both.Uses(Variable::kUnixMs));
  EXPECT_TRUE(both.Uses(Variable::kUuid));
  EXPECT_TRUE(both.NeedsRandom());
  EXPECT_TRUE(MessageTemplate::FromText("${hex_id}")->NeedsRandom());
  EXPECT_FALSE(MessageTemplate::FromText("${iso_time}")->NeedsRandom());
  EXPECT_FALSE(MessageTemplate::FromText("${length:uuid}")->Uses(Variable::kUuid)) << "no answer can echo it";
  EXPECT_FALSE(MessageTemplate().Uses(Variable::kSeq));
}

TEST_F(TextTemplate, KnowsHowLongItGets) {
  const auto size = [&](std::string_view text) { return MessageTemplate::FromText(text, InAnswer())->MaxSize(); };
  EXPECT_EQ(size("ping"), 4u);
  EXPECT_EQ(size("${seq}-${uuid}"), 57u);
  EXPECT_EQ(size("${length:text}"), 20u);
  for (const std::string_view text : {"${text}", "${message[0:1]}", "${secret:a/b}"}) EXPECT_EQ(size(text), SIZE_MAX);
  EXPECT_EQ(MessageTemplate().MaxSize(), 0u);
}

TEST_F(TextTemplate, EqualWhenDeclaredAlike) {
  EXPECT_EQ(*MessageTemplate::FromText("a${seq}"), *MessageTemplate::FromText("a${seq}"));
  EXPECT_NE(*MessageTemplate::FromText("a${seq}"), *MessageTemplate::FromText("a${uuid}"));
  EXPECT_NE(*MessageTemplate::FromText("a"), *MessageTemplate::FromBytes("61"));
  EXPECT_NE(*MessageTemplate::FromText("a"), MessageTemplate::FromText("a")->As(FrameKind::kPong));
  EXPECT_NE(*MessageTemplate::FromText("${text:-a}", InBeat()), *MessageTemplate::FromText("${text:-b}", InBeat()));
  EXPECT_EQ(*MessageTemplate::FromText(""), MessageTemplate());
}

class EchoTemplate : public holter::testing::TemplateFixture {
 protected:
  std::string Echo(std::string_view regex, std::string_view with) const {
    return Expand(MessageTemplate::Echo(regex, with));
  }
};

TEST_F(EchoTemplate, GivesTheQuestionBackWithOneChange) {
  question_ = R"({"op":"ping","data":"ping"})";
  EXPECT_EQ(Echo("", ""), question_);
  EXPECT_EQ(Echo("ping", "pong"), R"({"op":"pong","data":"ping"})") << "the first place only";
  EXPECT_EQ(Echo("\"(\\w+)\":\"(p)", R"("\1":"\2\2)"), R"({"op":"pping","data":"ping"})");
  EXPECT_EQ(Echo("none", "x"), question_);
  EXPECT_EQ(Echo("^", ">"), ">" + question_);
  EXPECT_EQ(Echo("(none)?ping", "[\\1]"), R"({"op":"[]","data":"ping"})") << "a group that takes no part is empty";
  question_ = std::string("2\0probe", 7);
  EXPECT_EQ(Echo("^2", "3"), std::string("3\0probe", 7));
  question_.clear();
  EXPECT_EQ(Echo("^$", "x"), "x");
}

TEST_F(EchoTemplate, RefusesWhatIsNoExpression) {
  EXPECT_THAT(Echo("(", "x"), StartsWith("error: expected a regular expression"));
  EXPECT_THAT(Echo("a", "\\1"), StartsWith("error: expected a text with groups"));
  EXPECT_THAT(Echo("a", "\\x"), StartsWith("error: expected a text with groups"));
  EXPECT_THAT(Echo("", "x"), StartsWith("error: needs a regular expression"));
  std::string many;
  for (int i = 0; i < MessageTemplate::kMostValues; ++i) many += "\\0";
  EXPECT_TRUE(MessageTemplate::Echo("a", many).ok());
  EXPECT_THAT(Echo("a", many + "\\0"), HasSubstr("at most 32 places"));
}

TEST_F(EchoTemplate, ComesInAFrameOfTheQuestionsKind) {
  const MessageTemplate echo = *MessageTemplate::Echo("", "");
  const InboundMessage text(InboundKind::kText, "x");
  const InboundMessage binary(InboundKind::kBinary, "x");
  EXPECT_EQ(echo.KindFor({.question = &text}), FrameKind::kText);
  EXPECT_EQ(echo.KindFor({.question = &binary}), FrameKind::kBinary);
  EXPECT_EQ(echo.KindFor({}), FrameKind::kText);
  EXPECT_EQ(echo.As(FrameKind::kText).KindFor({.question = &binary}), FrameKind::kText);
  EXPECT_EQ(MessageTemplate::FromText("x")->KindFor({.question = &binary}), FrameKind::kText);
  EXPECT_EQ(MessageTemplate::FromBytes("00")->KindFor({.question = &text}), FrameKind::kBinary);
  EXPECT_EQ(echo.MaxSize(), SIZE_MAX);
}

TEST_F(EchoTemplate, WithoutQuestionThereIsNothing) {
  std::string out;
  MessageTemplate::Echo("", "")->Expand({}, out);
  MessageTemplate::FromText("${seq}${message}${message:/a}${message[1:]}${text}", InAnswer())->Expand({}, out);
  EXPECT_EQ(out, "");
}

TEST_F(EchoTemplate, EqualWhenDeclaredAlike) {
  EXPECT_EQ(*MessageTemplate::Echo("a", "b"), *MessageTemplate::Echo("a", "b"));
  EXPECT_NE(*MessageTemplate::Echo("a", "b"), *MessageTemplate::Echo("a", "c"));
  EXPECT_NE(*MessageTemplate::Echo("a", "b"), *MessageTemplate::Echo("b", "b"));
  EXPECT_NE(*MessageTemplate::Echo("", ""), MessageTemplate());
}

}  // namespace
}  // namespace holter::core
