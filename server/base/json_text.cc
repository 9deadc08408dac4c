#include "base/json_text.h"

#include <fmt/format.h>

#include <cstdint>

namespace holter {
namespace {

// Length of the well-formed UTF-8 sequence at the front (RFC 3629), 0 if there is none.
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

}  // namespace

void AppendJsonCharacters(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const char c = text.front();
    size_t length = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<uint8_t>(c));
    } else if (length = Utf8Length(text); length == 0) {
      out += "\uFFFD";
      length = 1;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  AppendJsonCharacters(text, out);
  out += '"';
}

}  // namespace holter
