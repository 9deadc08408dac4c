#include "spec/explain_words.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

std::string Words(const std::string& matcher) { return MatcherWords(FromText<v1::Matcher>(matcher)); }
std::string Sent(const std::string& message) { return TemplateWords(FromText<v1::MessageTemplate>(message)); }
std::string Place(const std::string& capture) { return PlaceWords(FromText<v1::Capture>(capture)); }

TEST(MatcherWords, TellWhatTheMessageIs) {
  EXPECT_EQ(Words(R"(text: "pong")"), R"("pong")");
  EXPECT_EQ(Words(R"(text: "pong" frame: FRAME_BINARY)"), R"(the binary message "pong")");
  EXPECT_EQ(Words("anything: true"), "any message");
  EXPECT_EQ(Words("anything: true frame: FRAME_PING"), "any ping");
  EXPECT_EQ(Words("empty: true"), "an empty message");
  EXPECT_EQ(Words("frame: FRAME_PONG"), "a pong");
  EXPECT_EQ(Words(R"(frame: FRAME_TEXT prefix: "4")"), R"(a text message behind "4")");
}

TEST(MatcherWords, TellHowItLooks) {
  EXPECT_EQ(Words(R"(prefix: "42" regex: "^a")"), R"(a message behind "42" matching "^a")");
  EXPECT_EQ(Words(R"(bytes: "0a ?? ..")"), "a message with the bytes 0a ?? ..");
  EXPECT_EQ(Words("length { least: 4 most: 4 }"), "a message of 4 bytes");
  EXPECT_EQ(Words("length { most: 9 }"), "a message of 0 to 9 bytes");
  EXPECT_EQ(Words("length { least: 4 }"), "a message of 4 bytes or more");
  EXPECT_EQ(Words(R"(protobuf { path: "5.2" equals: "7" } protobuf { path: "6" })"),
            R"(a message with field 5.2 = "7" and field 6)");
}

TEST(MatcherWords, TellJsonConditions) {
  EXPECT_EQ(Words(R"(json { pointer: "/op" equals { string_value: "pong" } } json { pointer: "/e" exists: false })"),
            R"(a message with /op = "pong" and no /e)");
  EXPECT_EQ(Words(R"(json { pointer: "/op" one_of { number_value: 7 } one_of { string_value: "x" } })"),
            R"(a message with /op one of 7, "x")");
  EXPECT_EQ(Words(R"(json { pointer: "/n" at_least: 1.5 below: 9 })"), "a message with /n ≥ 1.5 and < 9");
  EXPECT_EQ(Words(R"(json { type: JSON_TYPE_ARRAY })"), "a message with the whole JSON being an array");
  for (const auto& [type, words] : {std::pair("NULL", "null"),
                                    {"BOOLEAN", "true or false"},
                                    {"NUMBER", "a number"},
                                    {"STRING", "a string"},
                                    {"OBJECT", "an object"}}) {
    EXPECT_EQ(Words(fmt::format(R"(json {{ pointer: "/t" type: JSON_TYPE_{} }})", type)),
              fmt::format("a message with /t being {}", words));
  }
  EXPECT_EQ(Words(R"(json { pointer: "/d" inside: "/op" regex: "^p" })"),
            R"(a message with /d (JSON in a string, there /op) matching "^p")");
}

TEST(MatcherWords, TellMatchersOfMatchers) {
  EXPECT_EQ(Words(R"(any { text: "a" } any { text: "b" })"), R"("a" or "b")");
  EXPECT_EQ(Words(R"(any { text: "a" } any { text: "b" } not { text: "c" })"), R"(("a" or "b") but not "c")");
  EXPECT_EQ(Words(R"(all { regex: "a" } all { regex: "b" } prefix: "4")"),
            R"(a message behind "4" that is (a message matching "a" and a message matching "b"))");
  EXPECT_EQ(Words(R"(not { text: "c" })"), R"(a message that is not ("c"))");
  EXPECT_EQ(Words(R"(any { text: "a" } any { text: "b" } length { least: 1 })"),
            R"(a message of 1 bytes or more that is ("a" or "b"))");
}

TEST(TemplateWords, TellWhatIsSent) {
  EXPECT_EQ(Sent(R"(text: "ping ${seq}")"), R"("ping ${seq}")");
  EXPECT_EQ(Sent(R"(text: '{"op":"ping"}')"), R"('{"op":"ping"}')");
  EXPECT_EQ(Sent(R"(text: "it's\n\"on\"")"), R"("it's\n\"on\"")");
  EXPECT_EQ(Sent(R"(text: "a" frame: FRAME_BINARY)"), R"("a" in a binary frame)");
  EXPECT_EQ(Sent(R"(text: "a" frame: FRAME_TEXT)"), R"("a" in a text frame)");
  EXPECT_EQ(Sent(R"(text: "it's")"), R"("it's")");
  EXPECT_EQ(Sent(R"(text: "a\n")"), R"("a\n")");
  EXPECT_EQ(Sent(R"(text: '\"it\'s\"')"), R"("\"it's\"")");
  EXPECT_EQ(Sent("empty: true frame: FRAME_BINARY"), "an empty message in a binary frame");
  EXPECT_EQ(Sent("echo { } frame: FRAME_BINARY"), "the message itself in a binary frame");
  EXPECT_EQ(Sent(R"(json { struct_value { fields { key: "op" value { string_value: "ping" } } } })"),
            R"({"op":"ping"})");
  EXPECT_EQ(Sent("bytes: \"0a u32(seq)\""), "the bytes 0a u32(seq)");
  EXPECT_EQ(Sent("empty: true"), "an empty message");
  EXPECT_EQ(Sent(R"(pong: "")"), "a pong that nobody asked for");
  EXPECT_EQ(Sent(R"(pong: "hi")"), R"(a pong "hi" that nobody asked for)");
  EXPECT_EQ(Sent("echo { }"), "the message itself");
  EXPECT_EQ(Sent(R"(echo { regex: "ping" with: "pong" })"), R"(the message itself with "pong" in place of "ping")");
}

TEST(TemplateWords, LongTextsAreCut) {
  const std::string words = Sent("json { string_value: \"" + std::string(400, 'a') + "\" }");
  EXPECT_LT(words.size(), 200u);
  EXPECT_TRUE(words.ends_with("a… (402 bytes)")) << words;
  const std::string longest(160, 'b');
  EXPECT_EQ(Sent("text: \"" + longest + "\""), "\"" + longest + "\"");
  EXPECT_EQ(Sent("text: \"" + longest + "b\""), "\"" + longest + "… (161 bytes)\"");
  std::string greek = "x";
  for (int i = 0; i < 100; ++i) greek += "α";
  EXPECT_EQ(Sent("text: \"" + greek + "\""), "\"" + greek.substr(0, 159) + "… (201 bytes)\"");
}

TEST(PlaceWords, TellWhereAValueStands) {
  EXPECT_EQ(Place(R"(pointer: "/d/n")"), "/d/n");
  EXPECT_EQ(Place(R"(pointer: "/d" inside: "/n")"), "/d (JSON in a string, there /n)");
  EXPECT_EQ(Place(R"(regex: "n=[0-9]+" prefix: "42")"), R"(what matches "n=[0-9]+" behind "42")");
  EXPECT_EQ(Place(R"(pointer: "/n" hexadecimal: true)"), "/n in hexadecimal");
  EXPECT_EQ(Place(R"(protobuf: "5.2")"), "field 5.2");
  EXPECT_EQ(Place(R"(bytes: "8:12 u32")"), "bytes 8:12 u32");
}

}  // namespace
}  // namespace holter::spec
