#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ErrorTest, CarriesReasonAndMetadata) {
  const absl::Status status = MakeError(absl::StatusCode::kNotFound, "SESSION_NOT_FOUND", "there is no a/b",
                                        {{"name", "a/b"}, {"hint", "list"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "there is no a/b");
  EXPECT_TRUE(HasReason(status, "SESSION_NOT_FOUND"));
  EXPECT_FALSE(HasReason(status, "SESSION"));
  EXPECT_THAT(DetailsOf(status).metadata, ElementsAre(Pair("hint", "list"), Pair("name", "a/b")));
}

TEST(ErrorTest, KeepsViolationsInOrderWithTheirPaths) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < 12; ++i) {
    violations.push_back({"spec.beats[" + std::to_string(i) + "].send/text", "expected " + std::to_string(i)});
  }
  const absl::Status status = MakeInvalid(violations);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailsOf(status).violations, violations);
  EXPECT_THAT(std::string(status.message()), HasSubstr("spec.beats[11].send/text: expected 11"));
}

TEST(ErrorTest, ForeignStatusHasNoDetails) {
  const ErrorDetails details = DetailsOf(absl::InternalError("x"));
  EXPECT_EQ(details.reason, "");
  EXPECT_TRUE(details.metadata.empty());
  EXPECT_TRUE(details.violations.empty());
}

}  // namespace
}  // namespace holter
