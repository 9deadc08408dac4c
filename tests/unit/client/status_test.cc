#include "holter/status.h"

#include <gtest/gtest.h>

#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatusTest, KeepsCodeReasonMetadataAndFields) {
  const absl::Status status =
      FromGrpc(DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "two fields are bad", "INVALID_FIELD",
                              {{"session.spec.url", "expected ws or wss"}, {"session.group", "too long"}}));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(MetadataOf(status).at("limit"), "7");
  const auto fields = BadFieldsOf(status);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].field, "session.spec.url");
  EXPECT_EQ(fields[1].description, "too long");
}

TEST(StatusTest, TheMessageNamesFieldsAndReason) {
  const std::string message(FromGrpc(DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "bad", "INVALID_FIELD",
                                                    {{"session.group", "too long"}}))
                                .message());
  EXPECT_EQ(message, "bad; session.group: too long (INVALID_FIELD)");
}

TEST(StatusTest, FieldsThatTheMessageNamesAreNotRepeated) {
  const std::string message(FromGrpc(DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "session.group: too long",
                                                    "INVALID_FIELD", {{"session.group", "too long"}}))
                                .message());
  EXPECT_EQ(message, "session.group: too long (INVALID_FIELD)");
}

TEST(StatusTest, OfVeryManyFieldsTheMessageTellsHowManyMore) {
  const std::string message(FromGrpc(DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "bad", "INVALID_FIELD",
                                                    {{"session.group", "too long"}, {"", "and 12 more"}}))
                                .message());
  EXPECT_EQ(message, "bad; session.group: too long; and 12 more (INVALID_FIELD)");
}

TEST(StatusTest, AStatusWithoutDetailsIsItself) {
  const absl::Status status = FromGrpc({grpc::StatusCode::UNAVAILABLE, "connection refused"});
  EXPECT_EQ(status, absl::UnavailableError("connection refused"));
  EXPECT_EQ(ReasonOf(status), "");
  EXPECT_TRUE(BadFieldsOf(status).empty());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(StatusTest, DetailsThatAreNoDetailsAreIgnored) {
  const absl::Status status = FromGrpc({grpc::StatusCode::INTERNAL, "broken", "\xff\xff\xff"});
  EXPECT_EQ(status, absl::InternalError("broken"));
}

TEST(StatusTest, AnEmptyMessageTellsTheCode) {
  EXPECT_EQ(FromGrpc({grpc::StatusCode::NOT_FOUND, ""}).message(), "NOT_FOUND");
}

}  // namespace
}  // namespace holter::client
