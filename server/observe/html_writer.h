// HTML in which nothing is markup but what stands in our own source.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace holter::observe {

// Text of the source code: made by the compiler only, so that no name, label or word of a peer can become one.
class HtmlLiteral {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): so that a literal can stand where one is wanted.
  consteval HtmlLiteral(const char* text) : text_(text) {}
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class HtmlWriter {
 public:
  HtmlWriter& Markup(HtmlLiteral literal) {
    out_ += literal.text();
    return *this;
  }
  // Escaped so that it is text between tags and in attributes with quotes; control characters become U+FFFD.
  HtmlWriter& Text(std::string_view text);
  // Markup, text, markup.
  HtmlWriter& Wrap(HtmlLiteral before, std::string_view text, HtmlLiteral after) {
    return Markup(before).Text(text).Markup(after);
  }

  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace holter::observe
