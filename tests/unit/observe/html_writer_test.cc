#include "observe/html_writer.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace holter::observe {
namespace {

// A text that is made while the program runs cannot become markup.
static_assert(!std::is_convertible_v<std::string, HtmlLiteral>);
static_assert(!std::is_convertible_v<std::string_view, HtmlLiteral>);

TEST(HtmlWriterTest, TextIsNeverMarkup) {
  HtmlWriter html;
  html.Wrap("<a title=\"", "<script>alert('x')</script> \"&\"", "\">");
  EXPECT_EQ(html.Take(), "<a title=\"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;&amp;&quot;\">");
}

TEST(HtmlWriterTest, ControlCharactersAreReplacedAndOthersStay) {
  HtmlWriter html;
  html.Text(std::string_view("a\0b\x1b[31m\x7f\n\tä", 13));
  EXPECT_EQ(html.Take(),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD[31m\xEF\xBF\xBD\n\tä");
}

}  // namespace
}  // namespace holter::observe
