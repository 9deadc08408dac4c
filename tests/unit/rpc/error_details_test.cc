#include "rpc/error_details.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const ResourceName kFeed = {.type = "holter.v1.Session", .name = "tenants/default/sessions/feed"};

std::vector<std::string> TypesOf(const absl::Status& status) {
  std::vector<std::string> types;
  const google::rpc::Status wire = ToRpcStatus(status, kFeed);
  for (const auto& detail : wire.details()) {
    types.push_back(detail.type_url().substr(detail.type_url().rfind('.') + 1));
  }
  return types;
}

TEST(ErrorDetailsTest, OkStaysOk) { EXPECT_TRUE(ToGrpcStatus(absl::OkStatus(), kFeed).ok()); }

TEST(ErrorDetailsTest, EveryCodeCarriesErrorInfoWithAReason) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "words");
    const grpc::Status wire = ToGrpcStatus(status, kFeed);
    EXPECT_EQ(static_cast<int>(wire.error_code()), code);
    EXPECT_EQ(wire.error_message(), "words");
    EXPECT_EQ(ReasonOf(wire), absl::StatusCodeToString(status.code()));
  }
}

TEST(ErrorDetailsTest, ReasonAndMetadataAreHandedOn) {
  const grpc::Status wire = ToGrpcStatus(
      MakeError(absl::StatusCode::kResourceExhausted, "OPEN_FILES_EXHAUSTED", "full", {{"limit", "10"}, {"free", "0"}}),
      kFeed);
  const auto info = DetailOf<google::rpc::ErrorInfo>(wire);
  EXPECT_EQ(info.reason(), "OPEN_FILES_EXHAUSTED");
  EXPECT_THAT(info.metadata(), UnorderedElementsAre(Pair("limit", "10"), Pair("free", "0")));
  const auto quota = DetailOf<google::rpc::QuotaFailure>(wire);
  ASSERT_EQ(quota.violations_size(), 1);
  EXPECT_EQ(quota.violations(0).subject(), kFeed.name);
  EXPECT_EQ(quota.violations(0).description(), "full");
}

TEST(ErrorDetailsTest, ViolationsBecomeBadRequestInTheirOrder) {
  const auto bad = DetailOf<google::rpc::BadRequest>(
      ToGrpcStatus(MakeInvalid({{"session.spec.url", "required"}, {"session.group", "bad"}}), kFeed));
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(0).field(), "session.spec.url");
  EXPECT_EQ(bad.field_violations(0).description(), "required");
  EXPECT_EQ(bad.field_violations(1).field(), "session.group");
}

TEST(ErrorDetailsTest, ResourceInfoWithNotFoundAndAlreadyExists) {
  for (const auto& status : {absl::NotFoundError("no"), absl::AlreadyExistsError("yes")}) {
    const auto info = DetailOf<google::rpc::ResourceInfo>(ToGrpcStatus(status, kFeed));
    EXPECT_EQ(info.resource_type(), "holter.v1.Session");
    EXPECT_EQ(info.resource_name(), kFeed.name);
    EXPECT_EQ(info.description(), status.message());
  }
}

TEST(ErrorDetailsTest, PreconditionFailureNamesTheReason) {
  const auto failure = DetailOf<google::rpc::PreconditionFailure>(
      ToGrpcStatus(MakeError(absl::StatusCode::kFailedPrecondition, "FILE_MANAGED", "in a file"), kFeed));
  ASSERT_EQ(failure.violations_size(), 1);
  EXPECT_EQ(failure.violations(0).type(), "FILE_MANAGED");
  EXPECT_EQ(failure.violations(0).subject(), kFeed.name);
  EXPECT_EQ(failure.violations(0).description(), "in a file");
}

TEST(ErrorDetailsTest, RetryInfoOnlyWhereTryingAgainHelps) {
  EXPECT_THAT(TypesOf(MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "x")),
              ElementsAre("ErrorInfo", "RetryInfo"));
  EXPECT_THAT(TypesOf(MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED", "x")), ElementsAre("ErrorInfo"));
  const auto retry = DetailOf<google::rpc::RetryInfo>(
      ToGrpcStatus(MakeError(absl::StatusCode::kAborted, "CONCURRENT_CHANGE", "x"), kFeed));
  EXPECT_EQ(retry.retry_delay().seconds(), 0);
  EXPECT_EQ(retry.retry_delay().nanos(), 100'000'000);
  EXPECT_THAT(TypesOf(MakeError(absl::StatusCode::kResourceExhausted, "WATCH_LAGGED", "x")),
              ElementsAre("ErrorInfo", "QuotaFailure", "RetryInfo"));
  EXPECT_THAT(TypesOf(MakeError(absl::StatusCode::kResourceExhausted, "OPEN_FILES_EXHAUSTED", "x")),
              ElementsAre("ErrorInfo", "QuotaFailure"));
  const auto quota = [](const char* which) {
    return TypesOf(MakeError(absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "x", {{"quota", which}}));
  };
  EXPECT_THAT(quota("creates_per_second"), ElementsAre("ErrorInfo", "QuotaFailure", "RetryInfo"));
  EXPECT_THAT(quota("sessions"), ElementsAre("ErrorInfo", "QuotaFailure"));
  EXPECT_THAT(TypesOf(absl::InternalError("x")), ElementsAre("ErrorInfo"));
  EXPECT_THAT(TypesOf(absl::OutOfRangeError("x")), ElementsAre("ErrorInfo"));
}

TEST(ErrorDetailsTest, ManyViolationsAreCountedWhereTheyDoNotFit) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < 500; ++i) {
    violations.push_back({fmt::format("session.spec.beats[{}].interval", i), "expected a duration from 50ms to 24h"});
  }
  const grpc::Status wire = ToGrpcStatus(MakeInvalid(violations), kFeed);
  EXPECT_LT(wire.error_details().size(), 4096u);
  EXPECT_LE(wire.error_message().size(), 600u);
  const auto bad = DetailOf<google::rpc::BadRequest>(wire);
  const int named = bad.field_violations_size() - 1;
  EXPECT_GT(named, 20);
  EXPECT_EQ(bad.field_violations(0).field(), "session.spec.beats[0].interval");
  EXPECT_EQ(bad.field_violations(named).description(), fmt::format("and {} more", 500 - named));
}

TEST(ErrorDetailsTest, LongWordsAreCutWhereACharacterEnds) {
  for (size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'a');
    for (int i = 0; i < 5000; ++i) {
      text += "é";
    }
    const grpc::Status wire =
        ToGrpcStatus(MakeError(absl::StatusCode::kNotFound, "SESSION_NOT_FOUND", text, {{"name", text}}),
                     {.type = "holter.v1.Session", .name = text});
    EXPECT_LT(wire.error_details().size(), 4096u);
    const auto info = DetailOf<google::rpc::ErrorInfo>(wire);  // proto3 refuses what is not UTF-8
    EXPECT_TRUE(info.metadata().at("name").starts_with(text.substr(0, 100)));
    EXPECT_TRUE(info.metadata().at("name").ends_with("…"));
  }
}

TEST_F(RpcFixture, TheLargestErrorReachesTheClient) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < 500; ++i) {
    violations.push_back({fmt::format("session.spec.héaders[{}]", i), std::string(1000, '\x01')});
  }
  registry_.get = [&](const auto&) { return MakeInvalid(violations); };
  Serve();
  v1::Session session;
  const grpc::Status status = stub_->GetSession(NewContext().get(), {}, &session);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_GT(DetailOf<google::rpc::BadRequest>(status).field_violations_size(), 1);
}

}  // namespace
}  // namespace holter::rpc
