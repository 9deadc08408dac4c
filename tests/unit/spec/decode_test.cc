#include "spec/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using core::Compression;
using core::DecodeStep;
using core::LengthPrefix;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

struct Decoded {
  core::DecoderSpec spec;
  std::map<std::string, std::string> complaints;
};

// `text` is a SessionSpec with nothing but decode.
Decoded Decode(const std::string& text) {
  std::vector<FieldViolation> violations;
  Decoded out;
  out.spec = CompileDecode(FromText<v1::SessionSpec>(text).decode(), FieldPath("decode", violations));
  for (const FieldViolation& violation : violations) {
    EXPECT_TRUE(out.complaints.emplace(violation.field, violation.description).second) << violation.field;
  }
  return out;
}

TEST(CompileDecode, TakesEveryStep) {
  const Decoded decoded = Decode(R"(
    decode { decompress: COMPRESSION_ZLIB_STREAM }
    decode { split { delimiter: "\036" across_frames: true } }
    decode { split { length: LENGTH_PREFIX_VARINT } }
    decode { strip: "42" })");
  EXPECT_THAT(decoded.complaints, IsEmpty());
  EXPECT_THAT(
      decoded.spec.steps(),
      ElementsAre(
          DecodeStep{.kind = DecodeStep::Kind::kDecompress, .compression = Compression::kZlibStream, .text = {}},
          DecodeStep{.kind = DecodeStep::Kind::kSplitDelimiter, .text = "\x1e", .across_frames = true},
          DecodeStep{.kind = DecodeStep::Kind::kSplitLength, .length = LengthPrefix::kVarint, .text = {}},
          DecodeStep{.kind = DecodeStep::Kind::kStrip, .text = "42"}));
  EXPECT_THAT(Decode(R"(decode { split { regex: "a+" } } decode { split { json_array: true } })").spec.steps(),
              ElementsAre(DecodeStep{.kind = DecodeStep::Kind::kSplitRegex, .text = "a+"},
                          DecodeStep{.kind = DecodeStep::Kind::kSplitJsonArray, .text = {}}));
}

TEST(CompileDecode, EveryWordIsItsOwn) {
  const std::map<std::string, Compression> compressions = {{"GZIP", Compression::kGzip},
                                                           {"ZLIB", Compression::kZlib},
                                                           {"DEFLATE", Compression::kDeflate},
                                                           {"ZLIB_STREAM", Compression::kZlibStream}};
  for (const auto& [word, compression] : compressions) {
    EXPECT_EQ(Decode("decode { decompress: COMPRESSION_" + word + " }").spec.steps().at(0).compression, compression);
  }
  const std::map<std::string, LengthPrefix> lengths = {
      {"U8", LengthPrefix::kU8},         {"U16", LengthPrefix::kU16},      {"U32", LengthPrefix::kU32},
      {"VARINT", LengthPrefix::kVarint}, {"U16_LE", LengthPrefix::kU16Le}, {"U32_LE", LengthPrefix::kU32Le}};
  for (const auto& [word, length] : lengths) {
    EXPECT_EQ(Decode("decode { split { length: LENGTH_PREFIX_" + word + " } }").spec.steps().at(0).length, length);
  }
}

TEST(CompileDecode, NothingIsNoSteps) { EXPECT_TRUE(Decode("").spec.empty()); }

TEST(CompileDecode, RefusesEachFieldByItsName) {
  const Decoded decoded = Decode(R"(
    decode { decompress: COMPRESSION_UNSPECIFIED }
    decode { split { delimiter: "" } }
    decode { split { regex: "(" across_frames: true } }
    decode { })");
  EXPECT_TRUE(decoded.spec.empty());
  EXPECT_THAT(decoded.complaints,
              UnorderedElementsAre(Pair("decode[0].decompress", "required: GZIP, ZLIB, DEFLATE, ZLIB_STREAM"),
                                   Pair("decode[1].split.delimiter", "expected 1 to 16 bytes, got 0"),
                                   Pair("decode[2].split.regex", StartsWith("expected a regular expression (RE2): ")),
                                   Pair("decode[2].split.across_frames", "only with delimiter and length"),
                                   Pair("decode[3]", "expected exactly one of decompress, split, strip")));
  EXPECT_THAT(
      Decode(R"(decode { split { length: LENGTH_PREFIX_UNSPECIFIED } } decode { split { json_array: false } }
                decode { split { } } decode { strip: "" })")
          .complaints,
      UnorderedElementsAre(Pair("decode[0].split.length", "required: U8, U16, U32, VARINT, U16_LE, U32_LE"),
                           Pair("decode[1].split.json_array", "expected true, or not set"),
                           Pair("decode[2].split", "expected exactly one of delimiter, length, regex, json_array"),
                           Pair("decode[3].strip", "expected 1 to 64 bytes, got 0")));
}

TEST(CompileDecode, RefusesNumbersWithoutAWord) {
  v1::SessionSpec spec;
  spec.add_decode()->set_decompress(static_cast<v1::Compression>(99));
  std::vector<FieldViolation> violations;
  EXPECT_TRUE(CompileDecode(spec.decode(), FieldPath("decode", violations)).empty());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "decode[0].decompress");
}

TEST(CompileDecode, RefusesTooManySteps) {
  std::string text;
  for (int i = 0; i < 5; ++i) text += R"(decode { strip: "a" } )";
  const Decoded decoded = Decode(text);
  EXPECT_TRUE(decoded.spec.empty());
  EXPECT_THAT(decoded.complaints, ElementsAre(Pair("decode", "expected at most 4, got 5")));
}

TEST(CompileDecode, TakesHeaders) {
  const Decoded decoded = Decode(R"(
    decode { split { length: LENGTH_PREFIX_U32 header_bytes: 16 length_counts_header: true keep_header: true } }
    decode { split { length: LENGTH_PREFIX_U16_LE length_at: 3 } })");
  EXPECT_THAT(decoded.complaints, IsEmpty());
  EXPECT_THAT(decoded.spec.steps(), ElementsAre(DecodeStep{.kind = DecodeStep::Kind::kSplitLength,
                                                           .length = LengthPrefix::kU32,
                                                           .header = {.bytes = 16, .length_counts = true, .keep = true},
                                                           .text = {}},
                                                DecodeStep{.kind = DecodeStep::Kind::kSplitLength,
                                                           .length = LengthPrefix::kU16Le,
                                                           .header = {.length_at = 3},
                                                           .text = {}}));
}

TEST(CompileDecode, RefusesHeadersThatHoldNoLength) {
  EXPECT_THAT(Decode(R"(
    decode { split { length: LENGTH_PREFIX_U32 length_at: 4 header_bytes: 7 } }
    decode { split { length: LENGTH_PREFIX_U8 length_at: 256 } }
    decode { split { length: LENGTH_PREFIX_VARINT header_bytes: 8 } }
    decode { split { delimiter: "a" length_at: 1 header_bytes: 1 length_counts_header: true keep_header: true } })")
                  .complaints,
              UnorderedElementsAre(Pair("decode[0].split.header_bytes", "expected a number from 8 to 255, got 7"),
                                   Pair("decode[1].split.length_at", "expected a number from 0 to 255, got 256"),
                                   Pair("decode[2].split.header_bytes", "not with VARINT, after which the header ends"),
                                   Pair("decode[3].split.length_at", "only with length"),
                                   Pair("decode[3].split.header_bytes", "only with length"),
                                   Pair("decode[3].split.length_counts_header", "only with length"),
                                   Pair("decode[3].split.keep_header", "only with length")));
  EXPECT_THAT(Decode("decode { split { length: LENGTH_PREFIX_U32 length_at: -1 } }").complaints,
              ElementsAre(Pair("decode[0].split.length_at", "expected a number from 0 to 255, got -1")));
}

}  // namespace
}  // namespace holter::spec
