#include "base/tenant_numbers.h"

#include <gtest/gtest.h>

namespace holter {
namespace {

TEST(TenantNumbersTest, ANameKeepsANumberOfItsOwn) {
  TenantNumbers numbers;
  const uint32_t blue = numbers.Of("blue");
  const uint32_t red = numbers.Of("red");
  EXPECT_NE(blue, red);
  EXPECT_NE(blue, kNoTenant);
  EXPECT_NE(red, kNoTenant);
  EXPECT_EQ(numbers.Of("blue"), blue);
  EXPECT_EQ(numbers.Of("red"), red);
}

}  // namespace
}  // namespace holter
