#include "observe/html_writer.h"

namespace holter::observe {

HtmlWriter& HtmlWriter::Text(std::string_view text) {
  constexpr unsigned char delete_character = 0x7f;
  for (const char c : text) {
    switch (c) {
      case '&':
        out_ += "&amp;";
        break;
      case '<':
        out_ += "&lt;";
        break;
      case '>':
        out_ += "&gt;";
        break;
      case '"':
        out_ += "&quot;";
        break;
      case '\'':
        out_ += "&#39;";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        const bool control = (byte < ' ' && c != '\n' && c != '\t') || byte == delete_character;
        control ? out_ += "\xEF\xBF\xBD" : out_ += c;
      }
    }
  }
  return *this;
}

}  // namespace holter::observe
