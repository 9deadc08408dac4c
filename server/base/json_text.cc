#include "base/json_text.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/utf8.h"

namespace holter {

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
