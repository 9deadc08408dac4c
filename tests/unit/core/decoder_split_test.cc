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

// The header of Bilibili's live rooms: all bytes, those of the header, version, operation, number.
DecodeStep ByBilibili(bool keep, bool across_frames = false) {
  DecodeStep step = ByLength(LengthPrefix::kU32, across_frames);
  step.header = {.bytes = 16, .length_counts = true, .keep = keep};
  return step;
}

TEST(Decoder, ALengthMayCountItsHeader) {
  const std::string head = "\x00\x00\x00\x14\x00\x10\x00\x01\x00\x00\x00\x03\x00\x00\x00\x01"s;
  const std::string empty = "\x00\x00\x00\x10\x00\x10\x00\x01\x00\x00\x00\x02\x00\x00\x00\x01"s;
  const std::string frame = head + "\x00\x00\x30\x39"s + empty;
  EXPECT_THAT(Messages({ByBilibili(false)}, frame), ElementsAre("\x00\x00\x30\x39"s, ""));
  EXPECT_THAT(Messages({ByBilibili(true)}, frame), ElementsAre(head + "\x00\x00\x30\x39"s, empty));
  for (const size_t size : {1u, 3u, 15u, 16u, 19u, 21u}) {
    EXPECT_EQ(ErrorOf({ByBilibili(true)}, frame.substr(0, size)).message(),
              "decode[0]: the frame ends within a message")
        << size;
  }
  for (const char length : {'\x00', '\x0F'}) {
    std::string broken = head;
    broken[3] = length;
    const absl::Status status = ErrorOf({ByBilibili(true)}, broken);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_EQ(status.message(), "decode[0]: a length smaller than the header that it counts");
  }
}

TEST(Decoder, ALengthMayStandBehindOtherThings) {
  // DERP: a type, then how much follows.
  DecodeStep derp = ByLength(LengthPrefix::kU32);
  derp.header = {.length_at = 1, .keep = true};
  EXPECT_THAT(Messages({derp}, "\x06\x00\x00\x00\x00\x12\x00\x00\x00\x02xy"s),
              ElementsAre("\x06\x00\x00\x00\x00"s, "\x12\x00\x00\x00\x02xy"s));
  DecodeStep little = ByLength(LengthPrefix::kU16Le);
  little.header = {.length_at = 2, .bytes = 6};
  EXPECT_THAT(Messages({little}, "ab\x03\x00zzxyzab\x00\x00zz"s), ElementsAre("xyz", ""));
  EXPECT_THAT(Messages({ByLength(LengthPrefix::kU32Le)}, "\x02\x00\x00\x00xy"s), ElementsAre("xy"));
  DecodeStep varint = ByLength(LengthPrefix::kVarint);
  varint.header = {.length_at = 1, .length_counts = true};
  EXPECT_THAT(Messages({varint}, "a\x04xyb\x83\x00"s), ElementsAre("xy", ""));
}

TEST(Decoder, HeadersAreBounded) {
  DecodeStep step = ByLength(LengthPrefix::kU8);
  step.header = {.length_at = DecoderSpec::kLargestHeader, .bytes = DecoderSpec::kLargestHeader};
  EXPECT_TRUE(DecoderSpec::Compile({step}).ok());
  step.header.bytes = DecoderSpec::kLargestHeader + 1;
  EXPECT_THAT(DecoderSpec::Compile({step}).status().message(), HasSubstr("at most 255"));
  step.header = {.length_at = DecoderSpec::kLargestHeader + 1};
  EXPECT_FALSE(DecoderSpec::Compile({step}).ok());
  step = ByDelimiter("a");
  step.header = {.keep = true};
  EXPECT_THAT(DecoderSpec::Compile({step}).status().message(), HasSubstr("only for length"));
}

TEST(Decoder, HostileLengthsBehindHeadersTakeNoMemory) {
  for (const bool across_frames : {false, true}) {
    DecodeStep step = ByBilibili(true, across_frames);
    EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({step}, "\xFF\xFF\xFF\xFF" + std::string(12, '\0'))));
    step.length = LengthPrefix::kVarint;
    step.header = {.length_at = 3, .keep = true};
    EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({step}, "abc" + std::string(9, '\xFF') + "\x01")));
    EXPECT_TRUE(absl::IsInvalidArgument(ErrorOf({step}, "abc" + std::string(64, '\x80'))));
  }
  // A message of the largest size may come byte by byte, with its header.
  constexpr size_t kSmall = 64;
  Decoding decoding({ByBilibili(true, true)}, kSmall);
  std::string message = "\x00\x00\x00\x50"s + std::string(12, 'h') + std::string(kSmall, 'x');
  for (const char byte : message) ASSERT_TRUE(decoding.Take(std::string_view(&byte, 1)).ok());
  EXPECT_THAT(decoding.messages, ElementsAre(message));
  message[3] = '\x51';
  EXPECT_TRUE(absl::IsResourceExhausted(decoding.Take(message)));
}

}  // namespace
}  // namespace holter::core
