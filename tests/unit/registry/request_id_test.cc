// A request that is sent twice.
#include "registry/request_log.h"
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kId = "9f1c7a52-0c3e-4b7a-8d52-6f0a4d1e2b3c";
constexpr const char* kOther = "9f1c7a52-0c3e-4b7a-8d52-6f0a4d1e2b3d";

class RequestIdTest : public RegistryTest {
 protected:
  static v1::CreateSessionRequest CreateWith(const std::string& request_id, const std::string& id = "a",
                                             const std::string& tenant = "default") {
    v1::CreateSessionRequest request = CreateRequest(id, SessionWithUrl("ws://peer/"), tenant);
    request.set_request_id(request_id);
    return request;
  }
};

TEST_F(RequestIdTest, TheSameCreateTwiceCreatesOnce) {
  const auto first = Create(CreateWith(kId));
  ASSERT_TRUE(first.ok()) << first.status();
  engine_.manual_clock().Advance(minutes(59));
  const auto second = Create(CreateWith(kId));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(registry_->size(), 1);
  EXPECT_EQ(store_.commits(), 1);
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(RequestIdTest, UpperCaseIsTheSameId) {
  ASSERT_TRUE(Create(CreateWith(kId)).ok());
  EXPECT_TRUE(Create(CreateWith("9F1C7A52-0C3E-4B7A-8D52-6F0A4D1E2B3C")).ok());
}

TEST_F(RequestIdTest, AnswersOutliveARestart) {
  const auto first = Create(CreateWith(kId));
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(Delete("a").ok());
  Restart();
  const auto second = Create(CreateWith(kId));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(registry_->size(), 0) << "what was done is not done again";
}

TEST_F(RequestIdTest, AnotherRequestWithTheIdIsRefused) {
  ASSERT_TRUE(Create(CreateWith(kId)).ok());
  for (const bool restarted : {false, true}) {
    if (restarted) Restart();
    v1::CreateSessionRequest other = CreateWith(kId, "b");
    EXPECT_TRUE(HasReason(Create(other).status(), "REQUEST_ID_REUSED"));
    EXPECT_TRUE(absl::IsInvalidArgument(Create(other).status()));
    other = CreateWith(kId);
    other.mutable_session()->set_group("x");
    EXPECT_TRUE(HasReason(Create(other).status(), "REQUEST_ID_REUSED"));
    v1::DeleteSessionRequest remove;
    remove.set_name(FullName("a"));
    remove.set_request_id(kId);
    EXPECT_TRUE(HasReason(Call(&SessionRegistry::Delete, remove), "REQUEST_ID_REUSED"));
  }
  EXPECT_EQ(registry_->size(), 1);
}

TEST_F(RequestIdTest, TenantsHaveTheirOwnIds) {
  ASSERT_TRUE(Create(CreateWith(kId)).ok());
  EXPECT_TRUE(Create(CreateWith(kId, "a", "acme")).ok());
  EXPECT_EQ(registry_->size(), 2);
}

TEST_F(RequestIdTest, AnHourLaterTheIdIsForgotten) {
  ASSERT_TRUE(Create(CreateWith(kId)).ok());
  engine_.manual_clock().Advance(minutes(60) + seconds(1));
  EXPECT_TRUE(absl::IsAlreadyExists(Create(CreateWith(kId)).status()));
  ASSERT_TRUE(Create(CreateWith(kOther, "b")).ok());
  const auto rows = store_.LoadRequests();
  ASSERT_THAT(*rows, SizeIs(1)) << "the old row went with the commit of the new one";
  EXPECT_EQ(rows->front().id, kOther);
}

TEST_F(RequestIdTest, OnlyVersion4Counts) {
  for (const char* id : {"a", "9f1c7a52-0c3e-1b7a-8d52-6f0a4d1e2b3c", "9f1c7a52-0c3e-4b7a-cd52-6f0a4d1e2b3c",
                         "00000000-0000-0000-0000-000000000000"}) {
    v1::CreateSessionRequest request = CreateWith(id);
    request.mutable_session()->set_group("no spaces");
    EXPECT_THAT(BadFields(Create(request).status()), ElementsAre("request_id", "session.group")) << id;
    v1::DeleteSessionRequest remove;
    remove.set_name(FullName("a"));
    remove.set_request_id(id);
    EXPECT_THAT(BadFields(Call(&SessionRegistry::Delete, remove)), ElementsAre("request_id"));
  }
}

TEST_F(RequestIdTest, ErrorsAreNotRemembered) {
  ASSERT_TRUE(Create("a").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Create(CreateWith(kId)).status()));
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_TRUE(Create(CreateWith(kId)).ok());
}

TEST_F(RequestIdTest, WhatWasNotStoredIsNotRemembered) {
  store_.next_status = absl::UnavailableError("no disk");
  EXPECT_FALSE(Create(CreateWith(kId)).ok());
  store_.next_status = absl::OkStatus();
  EXPECT_TRUE(Create(CreateWith(kId)).ok());
  EXPECT_TRUE(Exists("a"));
}

TEST_F(RequestIdTest, ATrialIsNotRemembered) {
  v1::CreateSessionRequest trial = CreateWith(kId);
  trial.set_validate_only(true);
  ASSERT_TRUE(Create(trial).ok());
  EXPECT_TRUE(Create(CreateWith(kId)).ok());
  EXPECT_TRUE(Exists("a"));
}

TEST_F(RequestIdTest, TheSecondWaitsForTheFirst) {
  store_.held = true;
  const auto first = StartCreate(CreateWith(kId));
  const auto second = StartCreate(CreateWith(kId));
  EXPECT_FALSE(second.answered());
  store_.Release();
  ASSERT_TRUE(first.answered());
  ASSERT_TRUE(second.answered()) << "without another commit";
  EXPECT_EQ(second.value()->SerializeAsString(), first.value()->SerializeAsString());
}

TEST_F(RequestIdTest, EveryKindOfChange) {
  ASSERT_TRUE(Create("a").ok());
  v1::UpdateSessionRequest update;
  update.mutable_session()->set_name(FullName("a"));
  update.mutable_session()->set_group("x");
  update.set_request_id("9f1c7a52-0c3e-4b7a-8d52-000000000001");
  const auto updated = Call(&SessionRegistry::Update, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  v1::PauseSessionRequest pause;
  pause.set_name(FullName("a"));
  pause.set_request_id("9f1c7a52-0c3e-4b7a-8d52-000000000002");
  const auto paused = Call(&SessionRegistry::Pause, pause);
  v1::ResumeSessionRequest resume;
  resume.set_name(FullName("a"));
  resume.set_request_id("9f1c7a52-0c3e-4b7a-8d52-000000000003");
  ASSERT_TRUE(Call(&SessionRegistry::Resume, resume).ok());
  v1::ReconnectSessionRequest reconnect;
  reconnect.set_name(FullName("a"));
  reconnect.set_request_id("9f1c7a52-0c3e-4b7a-8d52-000000000004");
  ASSERT_TRUE(Call(&SessionRegistry::Reconnect, reconnect).ok());
  ASSERT_TRUE(Call(&SessionRegistry::Reconnect, reconnect).ok());
  EXPECT_THAT(engine_.sessions().begin()->second.reconnects, SizeIs(1));
  EXPECT_EQ(Call(&SessionRegistry::Pause, pause)->etag(), paused->etag());
  EXPECT_FALSE(Get("a")->paused()) << "the pause was before the resume";
  v1::DeleteSessionRequest remove;
  remove.set_name(FullName("a"));
  remove.set_request_id("9f1c7a52-0c3e-4b7a-8d52-000000000005");
  EXPECT_TRUE(Call(&SessionRegistry::Delete, remove).ok());
  EXPECT_TRUE(Call(&SessionRegistry::Delete, remove).ok());
  EXPECT_EQ(Call(&SessionRegistry::Update, update)->etag(), updated->etag());
  EXPECT_EQ(registry_->size(), 0);
}

TEST(RequestLogTest, TheOldestGoWhenThereAreTooMany) {
  RequestLog log(2000);
  const WallTime now(seconds(1000));
  size_t forgotten = 0;
  for (int i = 0; i < 10; ++i) {
    const RequestIdentity request{.tenant = "t", .id = std::to_string(i), .method = "M", .fingerprint = "f"};
    forgotten += log.Rows(request, std::string(300, 'x'), now).size() - 1;
    log.Add(request, std::string(300, 'x'), now);
  }
  EXPECT_LE(log.size(), 5);
  EXPECT_GE(log.size(), 3);
  EXPECT_EQ(log.size() + forgotten, 10);
  EXPECT_TRUE(log.Find({.tenant = "t", .id = "9", .method = "M", .fingerprint = "f"}, now)->has_value());
  EXPECT_FALSE(log.Find({.tenant = "t", .id = "0", .method = "M", .fingerprint = "f"}, now)->has_value());
}

}  // namespace
}  // namespace holter::registry
