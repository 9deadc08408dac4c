// Decoder: where one message ends and the next begins.
#include "tests/unit/core/decoder_fixture.h"

namespace holter::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using std::string_literals::operator""s;

TEST(Decoder, WithoutStepsAFrameIsAMessage) {
  EXPECT_TRUE(DecoderSpec().empty());
  EXPECT_THAT(Messages({}, "a"), ElementsAre("a"));
  EXPECT_THAT(Messages({}, ""), ElementsAre(""));
}

TEST(Decoder, StripsOnlyWhatStandsAtTheBeginning) {
  EXPECT_THAT(Messages({Strip("42")}, "42[1]42"), ElementsAre("[1]42"));
  EXPECT_THAT(Messages({Strip("42")}, "x42"), ElementsAre("x42"));
  EXPECT_THAT(Messages({Strip("42")}, "4"), ElementsAre("4"));
  EXPECT_THAT(Messages({Strip("42")}, "42"), ElementsAre(""));
}

TEST(Decoder, TheKindOfTheFrameIsThatOfItsMessages) {
  const DecoderSpec spec = Chain({ByDelimiter("\n")});
  Decoder decoder;
  for (const InboundKind sent : {InboundKind::kText, InboundKind::kBinary}) {
    ASSERT_TRUE(decoder
                    .Decode(spec, sent, "a\nb", kMost,
                            [sent](InboundKind kind, std::string_view) {
                              EXPECT_EQ(kind, sent);
                              return true;
                            })
                    .ok());
  }
}

TEST(Decoder, SplitsByDelimiter) {
  EXPECT_THAT(Messages({ByDelimiter("\x1e")}, "{}\x1e[]\x1e"), ElementsAre("{}", "[]"));
  EXPECT_THAT(Messages({ByDelimiter("\r\n")}, "\r\na\r\n\r\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(Messages({ByDelimiter("\n")}, "\n\n"), IsEmpty());
  EXPECT_THAT(Messages({ByDelimiter("aa")}, "xaaay"), ElementsAre("x", "ay"));
}

TEST(Decoder, SplitsByLength) {
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kU8)}, "\x01z\x00\x02xy"s), ElementsAre("z", "", "xy"));
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kU16)}, "\x00\x01z\x00\x02xy"s), ElementsAre("z", "xy"));
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kU32)}, "\x00\x00\x00\x02xy"s), ElementsAre("xy"));
  const std::string long_one(300, 'z');
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kVarint)}, "\xAC\x02" + long_one + "\x01y"), ElementsAre(long_one, "y"));
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kU16)}, "\x01\x2C" + long_one), ElementsAre(long_one));
}

TEST(Decoder, AFrameThatEndsWithinALengthOrItsMessageIsBroken) {
  for (const std::string& frame : {"\x00"s, "\x00\x02"s, "\x00\x02x"s, "\x00\x01xy"s}) {
    const absl::Status status = ErrorOf({ByLength(LengthPrefix::kU16)}, frame);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << frame.size();
    EXPECT_EQ(status.message(), "decode[0]: the frame ends within a message");
  }
}

TEST(Decoder, HostileLengthsTakeNoMemory) {
  for (const bool across_frames : {false, true}) {
    EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({ByLength(LengthPrefix::kU32, across_frames)}, "\xFF\xFF\xFF\xFF")));
    EXPECT_TRUE(absl::IsResourceExhausted(
        ErrorOf({ByLength(LengthPrefix::kVarint, across_frames)}, std::string(9, '\xFF') + "\x01")));
    EXPECT_TRUE(absl::IsInvalidArgument(
        ErrorOf({ByLength(LengthPrefix::kVarint, across_frames)}, std::string(9, '\xFF') + "\x02")));
    EXPECT_TRUE(
        absl::IsInvalidArgument(ErrorOf({ByLength(LengthPrefix::kVarint, across_frames)}, std::string(64, '\x80'))));
  }
}

TEST(Decoder, AVarintMayBeLongerThanItHasTo) {
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kVarint)}, "\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00z"s),
              ElementsAre("z"));
}

TEST(Decoder, SplitsByAllPlacesThatMatch) {
  EXPECT_THAT(Messages({ByRegex(R"(\{[^{}]*\})")}, R"(x{"a":1}{"b":2} {)"), ElementsAre(R"({"a":1})", R"({"b":2})"));
  EXPECT_THAT(Messages({ByRegex("z*")}, "azzbz"), ElementsAre("zz", "z"));
  EXPECT_THAT(Messages({ByRegex("^a")}, "aa"), ElementsAre("a"));
  EXPECT_THAT(Messages({ByRegex("z")}, ""), IsEmpty());
}

TEST(Decoder, ElementsOfAJsonArrayAreAsTheyAreWritten) {
  EXPECT_THAT(Messages({ByJsonArray()}, R"( [ {"a": [1, 2]} , "],[\"\\" ,1e2,[],
  null] )"),
              ElementsAre(R"({"a": [1, 2]})", R"("],[\"\\")", "1e2", "[]", "null"));
  EXPECT_THAT(Messages({ByJsonArray()}, "[1]"), ElementsAre("1"));
  EXPECT_THAT(Messages({ByJsonArray()}, "[ ]"), IsEmpty());
}

TEST(Decoder, WhatIsNoJsonArrayPasses) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  for (const std::string& frame : {""s, " "s, "[1"s, "[1,]"s, "[1]]"s, "{\"a\":[1]}"s, "ping"s, "\"[1]\""s, deep}) {
    EXPECT_THAT(Messages({ByJsonArray()}, frame), ElementsAre(frame));
  }
  EXPECT_THAT(Messages({ByJsonArray()}, deep.substr(1, 128)), ElementsAre(deep.substr(2, 126)));
}

TEST(Decoder, EveryStepSeesEveryMessageOfTheOneBefore) {
  EXPECT_THAT(Messages({ByDelimiter("\x1e"), Strip("a"), ByJsonArray(), ByRegex("[0-9]+")}, "a[1,[2,3]]\x1e[4]\x1e 5"),
              ElementsAre("1", "2", "3", "4", "5"));
}

TEST(Decoder, AFrameHasAtMost4096Messages) {
  std::string frame;
  for (size_t i = 0; i < DecoderSpec::kMostMessages; ++i) frame += "1\n";
  EXPECT_THAT(Messages({ByDelimiter("\n")}, frame), SizeIs(DecoderSpec::kMostMessages));
  EXPECT_THAT(Messages({ByRegex("1")}, frame), SizeIs(DecoderSpec::kMostMessages));
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kU8)}, std::string(DecoderSpec::kMostMessages, '\0')),
              SizeIs(DecoderSpec::kMostMessages));
  frame += '1';
  std::string array = "[1";
  for (size_t i = 0; i < DecoderSpec::kMostMessages; ++i) array += ",1";
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({ByDelimiter("\n")}, frame)));
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({ByRegex("1")}, frame)));
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({ByRegex("2*")}, frame)));
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({ByJsonArray()}, array + "]")));
  EXPECT_TRUE(absl::IsResourceExhausted(
      ErrorOf({ByLength(LengthPrefix::kU8)}, std::string(DecoderSpec::kMostMessages + 1, '\0'))));
  // Also when each message of one step gives only a few.
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({ByDelimiter("\n"), ByRegex("a")}, [] {
    std::string lines;
    for (size_t i = 0; i < DecoderSpec::kMostMessages / 2; ++i) lines += "aaa\n";
    return lines;
  }())));
}

TEST(Decoder, TheSinkStopsIt) {
  Decoder decoder;
  int heard = 0;
  const DecoderSpec spec = Chain({ByDelimiter(";"), ByJsonArray()});
  // A session that ends forgets what its connection said.
  const auto end = [&](InboundKind, std::string_view) {
    decoder.Reset();
    return ++heard < 2;
  };
  EXPECT_TRUE(decoder.Decode(spec, InboundKind::kText, "[1,2,3];4", kMost, end).ok());
  EXPECT_EQ(heard, 2);
}

TEST(DecoderSpec, RefusesBadStepsByTheirPlace) {
  const auto complaint = [](std::vector<DecodeStep> steps) {
    return std::string(DecoderSpec::Compile(std::move(steps)).status().message());
  };
  EXPECT_EQ(complaint({Strip("a"), ByDelimiter("")}), "[1]: expected 1 to 16 bytes, got 0");
  EXPECT_EQ(complaint({ByDelimiter(std::string(17, 'a'))}), "[0]: expected 1 to 16 bytes, got 17");
  EXPECT_EQ(complaint({Strip(std::string(65, 'a'))}), "[0]: expected 1 to 64 bytes, got 65");
  EXPECT_EQ(complaint({ByRegex(std::string(1025, 'a'))}), "[0]: expected 1 to 1024 bytes, got 1025");
  EXPECT_THAT(complaint({ByRegex("(")}), HasSubstr("[0]: expected a regular expression (RE2)"));
  DecodeStep array = ByJsonArray();
  array.across_frames = true;
  EXPECT_EQ(complaint({array}), "[0]: across_frames is only for delimiter and length");
  EXPECT_EQ(complaint(std::vector(5, Strip("a"))), "[4]: expected at most 4 steps");
}

TEST(DecoderSpec, AreEqualWhenDeclaredAlike) {
  EXPECT_EQ(Chain({ByRegex("a")}), Chain({ByRegex("a")}));
  EXPECT_NE(Chain({ByRegex("a")}), Chain({ByRegex("b")}));
  EXPECT_NE(Chain({ByDelimiter("a", true)}), Chain({ByDelimiter("a", false)}));
}

}  // namespace
}  // namespace holter::core
