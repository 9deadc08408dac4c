#include "core/splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "core/json_scan.h"
#include "core/regular_expression.h"

namespace holter::core {
namespace {

constexpr std::string_view kJsonSpace = " \t\n\r";

// Only whether it is JSON.
class DeafJsonSink final : public JsonSink {
 public:
  void OnObjectBegin() override {}
  void OnObjectEnd() override {}
  void OnArrayBegin() override {}
  void OnArrayEnd() override {}
  void OnKey(std::string_view) override {}
  void OnString(std::string_view) override {}
  void OnNumber(std::string_view) override {}
  void OnWord(std::string_view) override {}
};

bool IsJsonArray(std::string_view text) {
  const size_t begin = text.find_first_not_of(kJsonSpace);
  if (begin == std::string_view::npos || text[begin] != '[') return false;
  DeafJsonSink sink;
  return ScanJson(text, sink).ok();
}

struct MessageLength {
  size_t header = 0;  // bytes; 0: it is not there as a whole
  uint64_t value = 0;
};

MessageLength ReadFixedLength(std::string_view bytes, size_t width, bool little_endian = false) {
  if (bytes.size() < width) return {};
  MessageLength length{.header = width};
  for (size_t i = 0; i < width; ++i) {
    length.value = length.value << 8 | static_cast<uint8_t>(bytes[little_endian ? width - 1 - i : i]);
  }
  return length;
}

absl::StatusOr<MessageLength> ReadVarintLength(std::string_view bytes) {
  MessageLength length;
  for (size_t i = 0; i < std::min(bytes.size(), kLongestVarint); ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    // Of the tenth byte one bit is left.
    if (i + 1 == kLongestVarint && byte > 1) break;
    length.value |= uint64_t{byte & 0x7Fu} << (7 * i);
    if ((byte & 0x80) == 0) {
      length.header = i + 1;
      return length;
    }
  }
  if (bytes.size() < kLongestVarint) return MessageLength{};
  return absl::InvalidArgumentError("a length that is no varint of 64 bits");
}

absl::StatusOr<MessageLength> ReadLengthWord(std::string_view bytes, LengthPrefix prefix) {
  switch (prefix) {
    case LengthPrefix::kU8:
      return ReadFixedLength(bytes, 1);
    case LengthPrefix::kU16:
      return ReadFixedLength(bytes, 2);
    case LengthPrefix::kU32:
      return ReadFixedLength(bytes, 4);
    case LengthPrefix::kU16Le:
      return ReadFixedLength(bytes, 2, /*little_endian=*/true);
    case LengthPrefix::kU32Le:
      return ReadFixedLength(bytes, 4, /*little_endian=*/true);
    case LengthPrefix::kVarint:
      break;
  }
  return ReadVarintLength(bytes);
}

// Of what follows the header, and how large that is.
absl::StatusOr<MessageLength> ReadLength(std::string_view bytes, const DecodeStep& step) {
  const MessageHeader& declared = step.header;
  if (bytes.size() < std::max(declared.length_at, declared.bytes)) return MessageLength{};
  absl::StatusOr<MessageLength> length = ReadLengthWord(bytes.substr(declared.length_at), step.length);
  if (!length.ok() || length->header == 0) return length;
  length->header = std::max(declared.length_at + length->header, declared.bytes);
  if (!declared.length_counts) return length;
  if (length->value < length->header) {
    return absl::InvalidArgumentError("a length smaller than the header that it counts");
  }
  length->value -= length->header;
  return length;
}

// Without the space around it.
std::string_view WithoutJsonSpace(std::string_view text) {
  const size_t begin = text.find_first_not_of(kJsonSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kJsonSpace) + 1 - begin);
}

// Behind the string that begins at `at`, in good JSON.
size_t EndOfString(std::string_view text, size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at;
}

}  // namespace

size_t SplitAtDelimiter(std::string_view bytes, std::string_view delimiter, size_t searched, PieceSink sink) {
  size_t used = 0;
  // A delimiter may have begun in what was searched.
  size_t from = searched < delimiter.size() ? 0 : searched - (delimiter.size() - 1);
  for (;;) {
    const size_t end = bytes.find(delimiter, from);
    if (end == std::string_view::npos) return used;
    const std::string_view message = bytes.substr(used, end - used);
    used = end + delimiter.size();
    from = used;
    if (!message.empty() && !sink(message)) return used;
  }
}

absl::StatusOr<size_t> SplitByLength(std::string_view bytes, const DecodeStep& step, size_t most, PieceSink sink) {
  size_t used = 0;
  for (;;) {
    const std::string_view rest = bytes.substr(used);
    const absl::StatusOr<MessageLength> length = ReadLength(rest, step);
    if (!length.ok()) return length.status();
    if (length->header == 0) return used;
    if (length->value > most) {
      return absl::ResourceExhaustedError("a message longer than limits.message_bytes");
    }
    if (length->value > rest.size() - length->header) return used;
    const size_t whole = length->header + length->value;
    used += whole;
    const size_t dropped = step.header.keep ? 0 : length->header;
    if (!sink(rest.substr(dropped, whole - dropped))) return used;
  }
}

absl::Status SplitByRegex(std::string_view bytes, const re2::RE2& regex, PieceSink sink) {
  const re2::StringPiece text = ToPiece(bytes);
  size_t from = 0;
  size_t places = 0;
  re2::StringPiece found;
  while (from <= bytes.size() && regex.Match(text, from, bytes.size(), re2::RE2::UNANCHORED, &found, 1)) {
    if (++places > DecoderSpec::kMostMessages) {
      return absl::ResourceExhaustedError(
          fmt::format("more than {} places match in one frame", DecoderSpec::kMostMessages));
    }
    const auto begin = static_cast<size_t>(found.data() - bytes.data());
    from = begin + std::max<size_t>(found.size(), 1);
    if (!found.empty() && !sink(bytes.substr(begin, found.size()))) break;
  }
  return absl::OkStatus();
}

void SplitJsonArray(std::string_view bytes, PieceSink sink) {
  if (!IsJsonArray(bytes)) {
    sink(bytes);
    return;
  }
  size_t depth = 0;
  size_t begin = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (c == '"') {
      at = EndOfString(bytes, at);
      continue;
    }
    if (c == '[' || c == '{') {
      if (depth++ == 0) begin = at + 1;
      continue;
    }
    const bool closes = c == ']' || c == '}';
    if (depth == 1 && (closes || c == ',')) {
      const std::string_view element = WithoutJsonSpace(bytes.substr(begin, at - begin));
      begin = at + 1;
      if (!element.empty() && !sink(element)) return;  // empty: there are none
    }
    if (closes) --depth;
  }
}

}  // namespace holter::core
