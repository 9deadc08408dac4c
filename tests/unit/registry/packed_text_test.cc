#include "registry/packed_text.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/support/seed.h"

namespace holter::registry {
namespace {

TEST(PackedTextTest, GivesBackWhatItWasGiven) {
  Random random{holter::testing::TestSeed()};
  for (const size_t size : {size_t{0}, size_t{1}, PackedText::kLeastPacked - 1, PackedText::kLeastPacked, size_t{65535},
                            size_t{65536}, size_t{300'000}}) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    EXPECT_EQ(PackedText(text).Text(), text) << size;
  }
}

TEST(PackedTextTest, WhatRepeatsItselfTakesLittle) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "tenants/default/sessions/feed-" + std::to_string(i) + ", ws://feed.example.org/\n";
  const PackedText packed(text);
  EXPECT_EQ(packed.Text(), text);
  EXPECT_LT(packed.size(), text.size() / 5);
}

}  // namespace
}  // namespace holter::registry
