#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace holter {
namespace {

TEST(Utf8Test, FindsTheFirstByteThatBelongsToNothing) {
  const std::string ascii = "seventeen letters";
  EXPECT_EQ(FindInvalidUtf8(""), std::string::npos);
  EXPECT_EQ(FindInvalidUtf8(ascii), std::string::npos);
  EXPECT_EQ(FindInvalidUtf8("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x92\x93 and more of it"), std::string::npos);
  // RFC 3629: cut off, overlong, surrogates, above U+10FFFF, tails without a head.
  for (const char* const bad : {"\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xFF",
                                "\xE2\x82", "\xF0\x9F\x92"}) {
    for (size_t before = 0; before < ascii.size(); ++before) {
      EXPECT_EQ(FindInvalidUtf8(ascii.substr(0, before) + bad + ascii), before) << before;
    }
  }
}

}  // namespace
}  // namespace holter
