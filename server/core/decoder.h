// From frames to messages: DecodeStep of heartbeat.proto, compiled (DecoderSpec) and at work on one connection
// (Decoder).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/inbound_message.h"

namespace holter::core {

enum class Compression : uint8_t { kGzip, kZlib, kDeflate, kZlibStream };
enum class LengthPrefix : uint8_t { kU8, kU16, kU32, kVarint, kU16Le, kU32Le };

// What precedes a message besides its length.
struct MessageHeader {
  size_t length_at = 0;        // bytes before the length
  size_t bytes = 0;            // all of it; 0: it ends with the length
  bool length_counts = false;  // the length counts the header, too
  bool keep = false;           // it belongs to the message

  friend bool operator==(const MessageHeader&, const MessageHeader&) = default;
};

// One step of the chain, as declared.
struct DecodeStep {
  enum class Kind : uint8_t { kDecompress, kSplitDelimiter, kSplitLength, kSplitRegex, kSplitJsonArray, kStrip };

  Kind kind = Kind::kStrip;
  Compression compression = Compression::kGzip;
  LengthPrefix length = LengthPrefix::kU32;
  MessageHeader header = {};  // with kSplitLength
  std::string text;           // delimiter, regex or what is stripped
  bool across_frames = false;

  friend bool operator==(const DecodeStep&, const DecodeStep&) = default;
};

// The checked chain. Immutable; shared by sessions; any thread.
class DecoderSpec {
 public:
  static constexpr size_t kMostSteps = 4;
  static constexpr size_t kMostMessages = 4096;  // of one frame, at each step
  static constexpr size_t kLargestHeader = 255;  // of a message, without a varint

  // No steps: frames are messages.
  DecoderSpec() = default;
  // INVALID_ARGUMENT begins with the step: "[1]: …".
  static absl::StatusOr<DecoderSpec> Compile(std::vector<DecodeStep> steps);

  bool empty() const { return steps_.empty(); }
  const std::vector<DecodeStep>& steps() const { return steps_; }

  friend bool operator==(const DecoderSpec& a, const DecoderSpec& b) { return a.steps_ == b.steps_; }

 private:
  friend class Decoder;
  struct Compiled;  // regular expressions

  std::vector<DecodeStep> steps_;
  std::shared_ptr<const Compiled> compiled_;
};

// What decoding of one connection has to remember: the window of a zlib stream, the begun message of a byte stream.
// Small until there is something to remember. One thread. The sink may call Reset, and nothing else.
//
// What heartbeat.proto leaves open:
//  - A message keeps the kind of the frame in which it ends, also when it was unpacked from a binary one.
//  - gzip members that follow one another (RFC 1952 section 2.2) are one message. Anything else behind the end of what
//    is packed is broken data, as is an end that does not come.
//  - A zlib stream gives a message when a frame ends with 00 00 FF FF; several flushes in one frame are one message.
//  - A length says how many bytes follow its header; 0 is an empty message. Without across_frames the last one has to
//    end with the frame.
//  - Places where a regular expression matches nothing are no messages.
//  - What came before an error has been heard by the sink.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Calls `sink` with each message of the frame, in order, until it says false (the session has ended). An error ends
  // the connection: broken data, more than `most_bytes` unpacked or kept, too many messages; its text never repeats the
  // data.
  absl::Status Decode(const DecoderSpec& spec, InboundKind kind, std::string_view frame, size_t most_bytes,
                      absl::FunctionRef<bool(InboundKind, std::string_view)> sink);
  // A new connection.
  void Reset();

 private:
  struct State;
  class Chain;

  std::unique_ptr<State> state_;  // null: nothing to remember
};

}  // namespace holter::core
