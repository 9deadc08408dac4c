#include "core/retry_policy.h"

#include <gtest/gtest.h>

namespace holter::core {
namespace {

TEST(ClassOfClose, DefaultTable) {
  const ClosePolicySpec none;
  for (uint16_t code : {1002, 1003, 1007, 1008, 1009, 1010, 1012, 1013, 1015}) {
    EXPECT_EQ(ClassOfClose(none, code), RetryClass::kSlow) << code;
  }
  for (uint16_t code : {0, 1000, 1001, 1005, 1006, 1011, 1014, 3000, 4000, 4999}) {
    EXPECT_EQ(ClassOfClose(none, code), RetryClass::kBackOff) << code;
  }
}

TEST(ClassOfHttpStatus, DefaultTable) {
  const ClosePolicySpec none;
  for (int status : {200, 301, 302, 307, 408, 425, 429, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(ClassOfHttpStatus(none, status), RetryClass::kBackOff) << status;
  }
  for (int status : {400, 401, 403, 404, 426, 451, 499}) {
    EXPECT_EQ(ClassOfHttpStatus(none, status), RetryClass::kSlow) << status;
  }
  EXPECT_EQ(ClassOfHttpStatus(none, 410), RetryClass::kNever);
}

TEST(ClassOfReason, DefaultTable) {
  for (int i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    const bool slow = reason == Reason::kTlsUntrusted || reason == Reason::kTlsExpired || reason == Reason::kTlsName ||
                      reason == Reason::kEgressDenied || reason == Reason::kSecret || reason == Reason::kSendBudget;
    EXPECT_EQ(ClassOfReason(reason), slow ? RetryClass::kSlow : RetryClass::kBackOff) << Word(reason);
  }
}

TEST(CloseRules, TheFirstThatFitsDecides) {
  using Kind = CloseRule::Kind;
  const ClosePolicySpec policy{.rules = {
                                   {.kind = Kind::kCloseCode, .first = 4004, .last = 4004, .then = RetryClass::kNever},
                                   {.kind = Kind::kCloseCode, .first = 4000, .last = 4099, .then = RetryClass::kAtOnce},
                                   {.kind = Kind::kHttpStatus, .first = 400, .last = 499, .then = RetryClass::kNever},
                                   {.kind = Kind::kCloseCode, .first = 1006, .last = 1006, .then = RetryClass::kSlow},
                               }};
  EXPECT_EQ(ClassOfClose(policy, 4004), RetryClass::kNever);
  EXPECT_EQ(ClassOfClose(policy, 4000), RetryClass::kAtOnce);
  EXPECT_EQ(ClassOfClose(policy, 4099), RetryClass::kAtOnce);
  EXPECT_EQ(ClassOfClose(policy, 4100), RetryClass::kBackOff);
  EXPECT_EQ(ClassOfClose(policy, 404), RetryClass::kBackOff) << "a rule for statuses does not fit codes";
  EXPECT_EQ(ClassOfClose(policy, 0), RetryClass::kSlow) << "no close frame counts as 1006";
  EXPECT_EQ(ClassOfHttpStatus(policy, 404), RetryClass::kNever);
  EXPECT_EQ(ClassOfHttpStatus(policy, 500), RetryClass::kBackOff);
  EXPECT_EQ(ClassOfHttpStatus(policy, 4000), RetryClass::kBackOff);
}

}  // namespace
}  // namespace holter::core
