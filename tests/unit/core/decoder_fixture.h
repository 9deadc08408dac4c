// A decoder at work, and packed data for it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decoder.h"

namespace holter::core {

constexpr size_t kMost = size_t{1} << 20;

inline DecoderSpec Chain(std::vector<DecodeStep> steps) {
  const absl::StatusOr<DecoderSpec> spec = DecoderSpec::Compile(std::move(steps));
  EXPECT_TRUE(spec.ok()) << spec.status();
  return spec.ok() ? *spec : DecoderSpec();
}

inline DecodeStep Decompress(Compression compression) {
  return {.kind = DecodeStep::Kind::kDecompress, .compression = compression, .text = {}};
}
inline DecodeStep ByDelimiter(std::string text, bool across_frames = false) {
  return {.kind = DecodeStep::Kind::kSplitDelimiter, .text = std::move(text), .across_frames = across_frames};
}
inline DecodeStep ByLength(LengthPrefix length, bool across_frames = false) {
  return {.kind = DecodeStep::Kind::kSplitLength, .length = length, .text = {}, .across_frames = across_frames};
}
inline DecodeStep ByRegex(std::string text) { return {.kind = DecodeStep::Kind::kSplitRegex, .text = std::move(text)}; }
inline DecodeStep ByJsonArray() { return {.kind = DecodeStep::Kind::kSplitJsonArray, .text = {}}; }
inline DecodeStep Strip(std::string text) { return {.kind = DecodeStep::Kind::kStrip, .text = std::move(text)}; }

// One connection; remembers what came out.
class Decoding {
 public:
  explicit Decoding(std::vector<DecodeStep> steps, size_t most = kMost) : spec_(Chain(std::move(steps))), most_(most) {}

  absl::Status Take(std::string_view frame, InboundKind kind = InboundKind::kBinary) {
    return decoder_.Decode(spec_, kind, frame, most_, [this](InboundKind, std::string_view message) {
      messages.emplace_back(message);
      return true;
    });
  }
  void Reset() { decoder_.Reset(); }

  std::vector<std::string> messages;

 private:
  const DecoderSpec spec_;
  const size_t most_;
  Decoder decoder_;
};

// What comes out of one frame, which has to be good.
inline std::vector<std::string> Messages(std::vector<DecodeStep> steps, std::string_view frame,
                                         InboundKind kind = InboundKind::kBinary) {
  Decoding decoding(std::move(steps));
  const absl::Status status = decoding.Take(frame, kind);
  EXPECT_TRUE(status.ok()) << status;
  return decoding.messages;
}

inline absl::Status ErrorOf(std::vector<DecodeStep> steps, std::string_view frame, size_t most = kMost) {
  return Decoding(std::move(steps), most).Take(frame);
}

// The peer's packer. The bits are those of deflateInit2.
class Packer {
 public:
  explicit Packer(int window_bits) {
    EXPECT_EQ(deflateInit2(&stream_, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() { deflateEnd(&stream_); }

  // With Z_FINISH or Z_SYNC_FLUSH.
  std::string Pack(std::string_view plain, int flush) {
    std::string packed(plain.size() + 1024, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream_.avail_in = static_cast<uInt>(plain.size());
    stream_.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_out = static_cast<uInt>(packed.size());
    EXPECT_GE(deflate(&stream_, flush), Z_OK);
    packed.resize(packed.size() - stream_.avail_out);
    return packed;
  }

 private:
  z_stream stream_{};
};

inline std::string Gzip(std::string_view plain) { return Packer(15 + 16).Pack(plain, Z_FINISH); }
inline std::string Zlib(std::string_view plain) { return Packer(15).Pack(plain, Z_FINISH); }
inline std::string RawDeflate(std::string_view plain) { return Packer(-15).Pack(plain, Z_FINISH); }

}  // namespace holter::core
