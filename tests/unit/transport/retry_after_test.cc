#include "transport/retry_after.h"

#include <gtest/gtest.h>

namespace holter::transport {
namespace {

using std::chrono::seconds;

// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples.
const WallTime kNow{seconds(784111777)};

TEST(RetryAfterTest, Seconds) {
  EXPECT_EQ(ParseRetryAfter("0", kNow), seconds(0));
  EXPECT_EQ(ParseRetryAfter("120", kNow), seconds(120));
  EXPECT_EQ(ParseRetryAfter(" 7 ", kNow), seconds(7));
}

TEST(RetryAfterTest, AllDatesOfHttp) {
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:50:37 GMT", kNow), seconds(60));
  EXPECT_EQ(ParseRetryAfter("Sunday, 06-Nov-94 08:50:37 GMT", kNow), seconds(60));
  EXPECT_EQ(ParseRetryAfter("Sun Nov  6 08:50:37 1994", kNow), seconds(60));
}

TEST(RetryAfterTest, APastDateIsNow) { EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:00:00 GMT", kNow), seconds(0)); }

TEST(RetryAfterTest, MalformedIsIgnored) {
  for (const char* text : {"", " ", "-1", "1.5", "soon", "0x10", "99999999999999999999", "100000000", "12 s",
                           "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:50:37 GMT+1", "Sun, 06 Nov 2094 08:50:37 GMT"}) {
    EXPECT_EQ(ParseRetryAfter(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace holter::transport
