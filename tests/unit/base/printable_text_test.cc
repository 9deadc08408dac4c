#include "base/printable_text.h"

#include <gtest/gtest.h>

namespace holter {
namespace {

TEST(PrintableTextTest, NothingInItSteersATerminal) {
  EXPECT_EQ(PrintableText("bye\n\x1b[2J\x7f\x01"), "bye\\n\\x1b[2J\\x7f\\x01");
  EXPECT_EQ(PrintableText("\u009b31m h\u00e9 \u20ac"), "\\u009b31m h\u00e9 \u20ac");
  EXPECT_EQ(PrintableText("\xc2"), "\xc2");
}

}  // namespace
}  // namespace holter
