// Decoder: messages that begin in one frame and end in another.
#include "tests/unit/core/decoder_fixture.h"

namespace holter::core {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using std::string_literals::operator""s;

struct Stream {
  std::string name;
  std::vector<DecodeStep> steps;
  std::string bytes;
  std::vector<std::string> messages;
};

class DecoderStream : public ::testing::TestWithParam<Stream> {};

// What is cut nowhere, at one place and at two.
TEST_P(DecoderStream, CutsBetweenFramesDoNotMatter) {
  const std::string_view bytes = GetParam().bytes;
  for (size_t first = 0; first <= bytes.size(); ++first) {
    for (size_t second = first; second <= bytes.size(); ++second) {
      Decoding decoding(GetParam().steps);
      ASSERT_TRUE(decoding.Take(bytes.substr(0, first)).ok());
      ASSERT_TRUE(decoding.Take(bytes.substr(first, second - first)).ok());
      ASSERT_TRUE(decoding.Take(bytes.substr(second)).ok());
      ASSERT_THAT(decoding.messages, ElementsAreArray(GetParam().messages)) << first << " " << second;
    }
  }
}

TEST_P(DecoderStream, NeitherDoFramesOfOneByte) {
  Decoding decoding(GetParam().steps);
  for (const char byte : GetParam().bytes) ASSERT_TRUE(decoding.Take({&byte, 1}).ok());
  EXPECT_THAT(decoding.messages, ElementsAreArray(GetParam().messages));
}

INSTANTIATE_TEST_SUITE_P(
    Splits, DecoderStream,
    ::testing::Values(
        Stream{"Delimiter", {ByDelimiter("\n", true)}, "a\n\nbc\ndef\n", {"a", "bc", "def"}},
        Stream{"LongDelimiter", {ByDelimiter("--=", true)}, "----=a--=-=--=", {"--", "a", "-="}},
        Stream{"Rest", {ByDelimiter("\n", true)}, "a\nrest", {"a"}},
        Stream{"U8", {ByLength(LengthPrefix::kU8, true)}, "\x01z\x00\x03xyz\x05x"s, {"z", "", "xyz"}},
        Stream{"U16", {ByLength(LengthPrefix::kU16, true)}, "\x00\x01z\x00\x03xyz\x00"s, {"z", "xyz"}},
        Stream{"U32", {ByLength(LengthPrefix::kU32, true)}, "\x00\x00\x00\x01z\x00\x00\x00\x02xy"s, {"z", "xy"}},
        Stream{"Varint", {ByLength(LengthPrefix::kVarint, true)}, "\x81\x00z\x03xyz"s, {"z", "xyz"}},
        Stream{"Both",
               {ByLength(LengthPrefix::kU8, true), ByDelimiter(";", true), Strip("a")},
               "\x02"
               "ab\x03;a;",
               {"b", ""}}),
    [](const auto& named) { return named.param.name; });

TEST(Decoder, ANewConnectionKeepsNothing) {
  Decoding decoding({ByDelimiter("\n", true)});
  ASSERT_TRUE(decoding.Take("a").ok());
  decoding.Reset();
  ASSERT_TRUE(decoding.Take("b\n").ok());
  EXPECT_THAT(decoding.messages, ElementsAre("b"));
}

TEST(Decoder, WhatIsKeptIsBounded) {
  constexpr size_t kFew = 16;
  for (const DecodeStep& step : {ByDelimiter("\n", true), ByLength(LengthPrefix::kU8, true)}) {
    Decoding decoding({step}, kFew);
    const std::string begun = "\x10" + std::string(kFew - 1, 'a');
    ASSERT_TRUE(decoding.Take(begun).ok());
    const absl::Status status = decoding.Take(std::string(kFew, 'b'));
    EXPECT_TRUE(absl::IsResourceExhausted(status));
    EXPECT_EQ(status.message(), "decode[0]: a message longer than limits.message_bytes");
  }
  Decoding decoding({ByDelimiter("\n", true)}, kFew);
  ASSERT_TRUE(decoding.Take(std::string(kFew, 'a')).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(decoding.Take("b\n"))) << "whole, but too long";
}

// Searching all that is kept with every frame would take minutes.
TEST(Decoder, AMessageInManyFramesIsReadOnce) {
  Decoding decoding({ByDelimiter("\n", true)});
  for (size_t i = 0; i < kMost; ++i) ASSERT_TRUE(decoding.Take("a").ok());
  EXPECT_THAT(decoding.messages, IsEmpty());
  EXPECT_TRUE(absl::IsResourceExhausted(decoding.Take("a")));
}

TEST(Decoder, ASinkMayForgetWhileAMessageIsPutTogether) {
  Decoder decoder;
  const DecoderSpec spec = Chain({ByDelimiter("\n", true)});
  std::string heard;
  const auto end = [&](InboundKind, std::string_view message) {
    decoder.Reset();
    heard = message;
    return false;
  };
  ASSERT_TRUE(decoder.Decode(spec, InboundKind::kText, "begun long enough to be on the heap", kMost, end).ok());
  ASSERT_TRUE(decoder.Decode(spec, InboundKind::kText, " and ended\nmore", kMost, end).ok());
  EXPECT_EQ(heard, "begun long enough to be on the heap and ended");
  ASSERT_TRUE(decoder.Decode(spec, InboundKind::kText, "b\n", kMost, end).ok());
  EXPECT_EQ(heard, "b") << "nothing was kept of the connection that ended";
}

TEST(Decoder, CanBeMovedWithinAMessage) {
  const DecoderSpec spec = Chain({ByDelimiter("\n", true)});
  std::string heard;
  const auto hear = [&heard](InboundKind, std::string_view message) {
    heard = message;
    return true;
  };
  Decoder old;
  ASSERT_TRUE(old.Decode(spec, InboundKind::kText, "a", kMost, hear).ok());
  Decoder decoder = std::move(old);
  ASSERT_TRUE(decoder.Decode(spec, InboundKind::kText, "b\n", kMost, hear).ok());
  EXPECT_EQ(heard, "ab");
}

}  // namespace
}  // namespace holter::core
