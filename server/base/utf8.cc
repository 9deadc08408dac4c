#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace holter {
namespace {

// Most texts are ASCII: eight bytes at a time.
size_t SkipAscii(std::string_view text, size_t at) {
  constexpr uint64_t k_high_bits = 0x8080808080808080;
  uint64_t word = 0;
  for (; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & k_high_bits) != 0) {
      break;
    }
  }
  return at;
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return tail(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool shortest = lead != 0xE0 || (text.size() > 1 && byte(1) >= 0xA0);
    const bool no_surrogate = lead != 0xED || (text.size() > 1 && byte(1) < 0xA0);
    return tail(1) && tail(2) && shortest && no_surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool shortest = lead != 0xF0 || (text.size() > 1 && byte(1) >= 0x90);
    const bool in_range = lead != 0xF4 || (text.size() > 1 && byte(1) < 0x90);
    return tail(1) && tail(2) && tail(3) && shortest && in_range ? 4 : 0;
  }
  return 0;
}

size_t FindInvalidUtf8(std::string_view text) {
  for (size_t at = SkipAscii(text, 0); at < text.size(); at = SkipAscii(text, at)) {
    const size_t length = Utf8Length(text.substr(at));
    if (length == 0) {
      return at;
    }
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace holter
