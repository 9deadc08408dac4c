// Decoder: what is packed, broken or far larger than it looks.
#include "core/inflater.h"
#include "tests/unit/core/decoder_fixture.h"

namespace holter::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kPing = R"({"ping":1492420473027})";

struct Packing {
  std::string name;
  Compression compression;
  std::string (*pack)(std::string_view);
};

class DecoderPacking : public ::testing::TestWithParam<Packing> {
 protected:
  std::vector<DecodeStep> Steps() const { return {Decompress(GetParam().compression)}; }
};

TEST_P(DecoderPacking, UnpacksBinaryFrames) {
  EXPECT_THAT(Messages(Steps(), GetParam().pack(kPing)), ElementsAre(kPing));
  EXPECT_THAT(Messages(Steps(), GetParam().pack("")), ElementsAre(""));
}

TEST_P(DecoderPacking, EachFrameForItself) {
  Decoding decoding(Steps());
  for (const std::string_view plain : {"a", "b", "c"}) ASSERT_TRUE(decoding.Take(GetParam().pack(plain)).ok());
  EXPECT_THAT(decoding.messages, ElementsAre("a", "b", "c"));
}

TEST_P(DecoderPacking, TextPasses) {
  EXPECT_THAT(Messages(Steps(), "ping", InboundKind::kText), ElementsAre("ping"));
  EXPECT_THAT(Messages(Steps(), GetParam().pack(kPing), InboundKind::kText), ElementsAre(GetParam().pack(kPing)));
}

TEST_P(DecoderPacking, EveryTruncationIsBroken) {
  const std::string packed = GetParam().pack(kPing);
  for (size_t size = 0; size < packed.size(); ++size) {
    const absl::Status status = ErrorOf(Steps(), std::string_view(packed).substr(0, size));
    ASSERT_TRUE(absl::IsInvalidArgument(status)) << size;
    ASSERT_EQ(status.message(), "decode[0]: broken packed data: it ends too early");
  }
}

TEST_P(DecoderPacking, BytesBehindTheEndAreBroken) {
  for (const std::string& more : {std::string(1, '\0'), std::string("secret"), std::string(32, '\0')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ErrorOf(Steps(), GetParam().pack(kPing) + more)));
  }
}

TEST_P(DecoderPacking, AFrameMayFillTheBoundAndNotMore) {
  constexpr size_t kFew = 1000;
  Decoding decoding(Steps(), kFew);
  EXPECT_TRUE(decoding.Take(GetParam().pack(std::string(kFew, 'a'))).ok());
  EXPECT_THAT(decoding.messages, ElementsAre(SizeIs(kFew)));
  const absl::Status status = decoding.Take(GetParam().pack(std::string(kFew + 1, 'a')));
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(status.message(), "decode[0]: larger than limits.message_bytes when unpacked");
  EXPECT_THAT(decoding.messages, SizeIs(1));
}

// A bomb whose end is broken: whoever complains of that has unpacked it all.
TEST_P(DecoderPacking, ABombIsNotUnpackedBeyondTheBound) {
  std::string bomb = GetParam().pack(std::string(size_t{64} << 20, '\0'));
  bomb.resize(bomb.size() - 16);
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf(Steps(), bomb)));
}

TEST_P(DecoderPacking, GarbageIsRefusedWithoutRepeatingIt) {
  for (const std::string_view garbage : {"token=hunter2", "\xFFtoken=hunter2", "\x1F\x8Btoken=hunter2"}) {
    const absl::Status status = ErrorOf(Steps(), garbage);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

INSTANTIATE_TEST_SUITE_P(All, DecoderPacking,
                         ::testing::Values(Packing{"Gzip", Compression::kGzip, Gzip},
                                           Packing{"Zlib", Compression::kZlib, Zlib},
                                           Packing{"Deflate", Compression::kDeflate, RawDeflate}),
                         [](const auto& named) { return named.param.name; });

TEST(Inflater, UnpacksOneByteBeyondTheBoundAtMost) {
  constexpr size_t kFew = 1000;
  Inflater inflater;
  ScratchBytes out;
  const std::string bomb = Gzip(std::string(size_t{1} << 20, '\0'));
  EXPECT_TRUE(absl::IsResourceExhausted(inflater.Unpack(Compression::kGzip, bomb, kFew, out)));
  EXPECT_EQ(out.size(), kFew + 1);
}

TEST(Decoder, GzipMembersAreOneMessage) {
  EXPECT_THAT(Messages({Decompress(Compression::kGzip)}, Gzip("a") + Gzip("") + Gzip("b")), ElementsAre("ab"));
  // The bound is that of all of them.
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf({Decompress(Compression::kGzip)}, Gzip("aaaa") + Gzip("bbbb"), 7)));
}

TEST(Decoder, ABombInMessagesOfOneFrameIsBoundedAsOne) {
  const std::string packed = Gzip(std::string(400, 'a'));
  const std::string one = std::string(1, static_cast<char>(packed.size())) + packed;
  const std::vector<DecodeStep> steps = {ByLength(LengthPrefix::kU8), Decompress(Compression::kGzip)};
  EXPECT_TRUE(ErrorOf(steps, one + one, 1000).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ErrorOf(steps, one + one + one, 1000)));
}

TEST(Decoder, UnpacksWhatIsPackedTwice) {
  EXPECT_THAT(Messages({Decompress(Compression::kZlib), ByDelimiter(";"), Decompress(Compression::kGzip), Strip("a")},
                       Zlib(Gzip("ab"))),
              ElementsAre("b"));
}

TEST(Decoder, PackingsFollowOneAnotherOnOneThread) {
  Decoding gzip({Decompress(Compression::kGzip)});
  Decoding deflate({Decompress(Compression::kDeflate)});
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(gzip.Take("broken").ok());
    EXPECT_TRUE(deflate.Take(RawDeflate("b")).ok());
    EXPECT_TRUE(gzip.Take(Gzip("a")).ok());
  }
  EXPECT_THAT(gzip.messages, ElementsAre("a", "a", "a"));
  EXPECT_THAT(deflate.messages, ElementsAre("b", "b", "b"));
}

class ZlibStream : public ::testing::Test {
 protected:
  std::string Next(std::string_view plain) { return packer_.Pack(plain, Z_SYNC_FLUSH); }

  Packer packer_{15};
  Decoding decoding_{{Decompress(Compression::kZlibStream)}};
};

TEST_F(ZlibStream, GoesOverAllFrames) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(decoding_.Take(Next(kPing)).ok());
  EXPECT_THAT(decoding_.messages, SizeIs(100));
  EXPECT_THAT(decoding_.messages, ::testing::Each(kPing));
  EXPECT_LT(Next(kPing).size(), kPing.size()) << "the window is of use";
}

TEST_F(ZlibStream, AMessageMayBeCutAnywhere) {
  const std::string first = Next(kPing);
  const std::string second = Next("[\"second\"]");
  for (size_t cut = 0; cut <= second.size(); ++cut) {
    Decoding decoding({Decompress(Compression::kZlibStream)});
    ASSERT_TRUE(decoding.Take(first).ok());
    ASSERT_TRUE(decoding.Take(std::string_view(second).substr(0, cut)).ok());
    if (cut < second.size()) {
      ASSERT_THAT(decoding.messages, ElementsAre(kPing));
      ASSERT_TRUE(decoding.Take(std::string_view(second).substr(cut)).ok());
    }
    ASSERT_THAT(decoding.messages, ElementsAre(kPing, "[\"second\"]")) << cut;
  }
}

TEST_F(ZlibStream, TextPassesBetween) {
  const std::string packed = Next(kPing);
  ASSERT_TRUE(decoding_.Take(packed.substr(0, 5)).ok());
  ASSERT_TRUE(decoding_.Take("ping", InboundKind::kText).ok());
  ASSERT_TRUE(decoding_.Take(packed.substr(5)).ok());
  EXPECT_THAT(decoding_.messages, ElementsAre("ping", kPing));
}

TEST_F(ZlibStream, BeginsAnewWithTheConnection) {
  ASSERT_TRUE(decoding_.Take(Next(kPing)).ok());
  decoding_.Reset();
  EXPECT_FALSE(decoding_.Take(Next(kPing)).ok()) << "the middle of a stream";
  decoding_.Reset();
  EXPECT_TRUE(decoding_.Take(Packer(15).Pack(kPing, Z_SYNC_FLUSH)).ok());
}

TEST_F(ZlibStream, ItsEndIsBroken) {
  const std::string packed = Packer(15).Pack(kPing, Z_FINISH);
  ASSERT_TRUE(decoding_.Take(packed).ok()) << "nothing yet says that a message ends";
  EXPECT_THAT(decoding_.messages, IsEmpty());
  const absl::Status status = decoding_.Take(std::string("\x00\x00\xFF\xFF", 4));
  EXPECT_EQ(status.message(), "decode[0]: broken packed data: the stream has ended");
}

TEST_F(ZlibStream, BoundsEachMessageAndWhatIsKept) {
  Decoding small({Decompress(Compression::kZlibStream)}, 1000);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(small.Take(Next(std::string(900, 'a'))).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(small.Take(Next(std::string(1001, 'a')))));

  Decoding kept({Decompress(Compression::kZlibStream)}, 1000);
  EXPECT_TRUE(kept.Take(std::string(1000, 'a')).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(kept.Take("a")));
}

}  // namespace
}  // namespace holter::core
