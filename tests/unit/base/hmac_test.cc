#include "base/hmac.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace holter {
namespace {

// RFC 4231 section 4.3, test case 2.
TEST(HmacTest, IsThatOfTheRfc) {
  const auto hex = [](HashKind hash) {
    return absl::BytesToHexString(Hmac(hash, "Jefe", "what do ya want for nothing?"));
  };
  EXPECT_EQ(hex(HashKind::kSha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(HashKind::kSha384),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  EXPECT_EQ(
      hex(HashKind::kSha512),
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b"
      "636e070a38bce737");
}

TEST(HmacTest, KeyAndTextMayBeEmpty) {
  EXPECT_EQ(absl::BytesToHexString(Hmac(HashKind::kSha256, "", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

}  // namespace
}  // namespace holter
