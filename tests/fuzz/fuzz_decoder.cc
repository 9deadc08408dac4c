// Any chain of decode steps over any frames: what comes out is bounded, and cuts between frames do not matter where the
// frames are a stream of bytes.
//
// An input is a script: the first line has a letter for each step, then come the frames. A frame is two bytes of length
// (the most significant first), then so many bytes; the highest bit of the length makes it a text frame.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decoder.h"

namespace {

using holter::core::Compression;
using holter::core::Decoder;
using holter::core::DecoderSpec;
using holter::core::DecodeStep;
using holter::core::InboundKind;
using holter::core::LengthPrefix;
using Kind = DecodeStep::Kind;

constexpr size_t kMostBytes = 2048;
constexpr size_t kMostHeader = DecoderSpec::kLargestHeader + 10;  // counted apart from a message

void Require(bool held) {
  if (!held) std::abort();
}

DecodeStep Decompress(Compression compression) {
  return {.kind = Kind::kDecompress, .compression = compression, .text = {}};
}

DecodeStep Split(LengthPrefix length, bool across_frames) {
  return {.kind = Kind::kSplitLength, .length = length, .text = {}, .across_frames = across_frames};
}

// Lengths within headers: Bilibili's, DERP's, and one of each oddity.
DecodeStep Header(LengthPrefix length, holter::core::MessageHeader header) {
  return {.kind = Kind::kSplitLength, .length = length, .header = header, .text = {}, .across_frames = true};
}

DecodeStep Text(Kind kind, std::string text, bool across_frames = false) {
  return {.kind = kind, .text = std::move(text), .across_frames = across_frames};
}

DecodeStep StepOf(char letter) {
  switch (letter) {
    case 'g':
      return Decompress(Compression::kGzip);
    case 'z':
      return Decompress(Compression::kZlib);
    case 'd':
      return Decompress(Compression::kDeflate);
    case 's':
      return Decompress(Compression::kZlibStream);
    case '1':
      return Split(LengthPrefix::kU8, false);
    case '2':
      return Split(LengthPrefix::kU16, true);
    case '4':
      return Split(LengthPrefix::kU32, true);
    case 'v':
      return Split(LengthPrefix::kVarint, false);
    case 'V':
      return Split(LengthPrefix::kVarint, true);
    case 'B':
      return Header(LengthPrefix::kU32, {.bytes = 16, .length_counts = true, .keep = true});
    case 'D':
      return Header(LengthPrefix::kU32Le, {.length_at = 1, .keep = true});
    case 'L':
      return Header(LengthPrefix::kU16Le, {.length_at = 2, .bytes = 7, .length_counts = true});
    case 'W':
      return Header(LengthPrefix::kVarint, {.length_at = 3, .length_counts = true, .keep = true});
    case 'n':
      return Text(Kind::kSplitDelimiter, "\n");
    case 'N':
      return Text(Kind::kSplitDelimiter, "aab", true);
    case 'r':
      return Text(Kind::kSplitRegex, R"(\{[^{}]*\})");
    case 'e':
      return Text(Kind::kSplitRegex, "a*");
    case 'j':
      return Text(Kind::kSplitJsonArray, "");
    default:
      return Text(Kind::kStrip, std::string(1, letter));
  }
}

struct Frame {
  InboundKind kind;
  std::string_view bytes;
};

std::vector<Frame> FramesOf(std::string_view script) {
  std::vector<Frame> frames;
  while (script.size() >= 2) {
    const auto first = static_cast<uint8_t>(script[0]);
    const size_t length = (first & 0x7F) << 8 | static_cast<uint8_t>(script[1]);
    script.remove_prefix(2);
    const std::string_view bytes = script.substr(0, length);
    script.remove_prefix(bytes.size());
    frames.push_back({(first & 0x80) != 0 ? InboundKind::kText : InboundKind::kBinary, bytes});
  }
  return frames;
}

void FuzzBounds(const DecoderSpec& spec, const std::vector<Frame>& frames) {
  Decoder decoder;
  for (const Frame& frame : frames) {
    size_t messages = 0;
    size_t bytes = 0;
    const auto sink = [&](InboundKind kind, std::string_view message) {
      Require(kind == frame.kind);
      Require(message.size() <= std::max(kMostBytes + kMostHeader, frame.bytes.size()));
      ++messages;
      bytes += message.size();
      return true;
    };
    const absl::Status status = decoder.Decode(spec, frame.kind, frame.bytes, kMostBytes, sink);
    Require(messages <= DecoderSpec::kMostMessages || spec.empty());
    // The frame itself, and what was kept or unpacked at each step.
    Require(bytes <= frame.bytes.size() + DecoderSpec::kMostSteps * (kMostBytes + kMostHeader));
    Require(status.ok() || std::string(status.message()).starts_with("decode["));
    if (!status.ok()) return;
  }
}

struct Heard {
  bool ok = true;
  std::vector<std::string> messages;
};

Heard Hear(const DecoderSpec& spec, std::string_view bytes, size_t at_once) {
  Heard heard;
  Decoder decoder;
  while (heard.ok && !bytes.empty()) {
    const std::string_view frame = bytes.substr(0, at_once);
    bytes.remove_prefix(frame.size());
    heard.ok = decoder
                   .Decode(spec, InboundKind::kBinary, frame, kMostBytes,
                           [&heard](InboundKind, std::string_view message) {
                             heard.messages.emplace_back(message);
                             return true;
                           })
                   .ok();
  }
  return heard;
}

void FuzzCuts(const DecodeStep& step, const std::vector<Frame>& frames) {
  std::string bytes;
  for (const Frame& frame : frames) bytes += frame.bytes;
  const absl::StatusOr<DecoderSpec> spec = DecoderSpec::Compile({step});
  const Heard whole = Hear(*spec, bytes, bytes.size() + 1);
  // A frame of many messages may be too much where many frames are not.
  if (!whole.ok) return;
  for (const size_t at_once : {size_t{1}, size_t{2}, size_t{7}}) {
    const Heard cut = Hear(*spec, bytes, at_once);
    Require(cut.ok && cut.messages == whole.messages);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view script(reinterpret_cast<const char*>(data), size);
  const size_t line = script.find('\n');
  if (line == std::string_view::npos) return 0;
  std::vector<DecodeStep> steps;
  for (const char letter : script.substr(0, line)) steps.push_back(StepOf(letter));
  const absl::StatusOr<DecoderSpec> spec = DecoderSpec::Compile(steps);
  if (!spec.ok()) return 0;
  const std::vector<Frame> frames = FramesOf(script.substr(line + 1));
  FuzzBounds(*spec, frames);
  for (const DecodeStep& step : steps) {
    if (step.across_frames) FuzzCuts(step, frames);
  }
  return 0;
}
