#include "access/token_digest.h"

#include <gtest/gtest.h>

#include <string>

namespace holter::access {
namespace {

// FIPS 180-2, appendix B.1.
constexpr char kDigestOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(TokenDigestTest, IsSha256) {
  const auto parsed = ParseTokenDigest(kDigestOfAbc);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, DigestToken("abc"));
  EXPECT_TRUE(IsSameDigest(*parsed, DigestToken("abc")));
  EXPECT_FALSE(IsSameDigest(*parsed, DigestToken("abd")));
}

TEST(TokenDigestTest, WhatIsNoDigestIsRefused) {
  const std::string good = kDigestOfAbc;
  for (const std::string& bad : {std::string(), good.substr(1), good + "0", "x" + good.substr(1), "-1" + good.substr(2),
                                 "0x" + good.substr(2), " " + good.substr(1)}) {
    EXPECT_FALSE(ParseTokenDigest(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace holter::access
