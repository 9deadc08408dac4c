#include "base/json_text.h"

#include <gtest/gtest.h>

namespace holter {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

TEST(JsonTextTest, EscapesWhatJsonAndTerminalsMind) {
  EXPECT_EQ(Quoted("a\"b\\c\n\t\x1b[31m\x7f"), R"("a\"b\\c\n\u0009\u001b[31m\u007f")");
}

TEST(JsonTextTest, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(Quoted("h\u00e9 \u20ac \U0001F493"), "\"h\u00e9 \u20ac \U0001F493\"");
  EXPECT_EQ(Quoted("\xff"), "\"\uFFFD\"");
  EXPECT_EQ(Quoted("\xc0\xaf"), "\"\uFFFD\uFFFD\"");                      // overlong
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");            // surrogate
  EXPECT_EQ(Quoted("\xe2\x82"), "\"\uFFFD\uFFFD\"");                      // cut short
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");  // beyond U+10FFFF
}

}  // namespace
}  // namespace holter
