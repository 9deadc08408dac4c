// Many sessions at once, all or none.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class BatchTest : public RegistryTest {
 protected:
  explicit BatchTest(size_t limit = 100000) : RegistryTest(limit) {}

  static v1::BatchCreateSessionsRequest Creating(const std::vector<std::string>& ids) {
    v1::BatchCreateSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : ids) {
      v1::CreateSessionRequest* one = request.add_requests();
      *one = CreateRequest(id);
      one->clear_parent();
    }
    return request;
  }
  static v1::BatchDeleteSessionsRequest Deleting(const std::vector<std::string>& ids) {
    v1::BatchDeleteSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& id : ids) {
      request.add_names(FullName(id));
    }
    return request;
  }
  absl::StatusOr<v1::BatchGetSessionsResponse> GetAll(const std::vector<std::string>& names) {
    v1::BatchGetSessionsRequest request;
    request.set_parent("tenants/default");
    for (const std::string& name : names) {
      request.add_names(name);
    }
    return registry_->BatchGet(request);
  }
  absl::StatusOr<v1::BatchCreateSessionsResponse> BatchCreate(const v1::BatchCreateSessionsRequest& request) {
    return Call(&SessionRegistry::BatchCreate, request);
  }
  absl::Status BatchDelete(const v1::BatchDeleteSessionsRequest& request) {
    return Call(&SessionRegistry::BatchDelete, request);
  }
  static std::vector<std::string> Numbered(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
      ids.push_back("s" + std::to_string(i));
    }
    return ids;
  }
};

TEST_F(BatchTest, CreatesInOneCommitAndAnswersInOrder) {
  const auto created = BatchCreate(Creating({"b", "a", "c"}));
  ASSERT_TRUE(created.ok()) << created.status();
  ASSERT_THAT(created->sessions(), SizeIs(3));
  EXPECT_EQ(created->sessions(0).name(), FullName("b"));
  EXPECT_EQ(created->sessions(1).name(), FullName("a"));
  EXPECT_EQ(store_.commits(), 1);
  EXPECT_EQ(engine_.admitted(), 3);
  EXPECT_EQ(Get("c")->etag(), created->sessions(2).etag());
}

TEST_F(BatchTest, AHundredAreAllowed) {
  EXPECT_TRUE(BatchCreate(Creating(Numbered(100))).ok());
  EXPECT_THAT(BadFields(BatchCreate(Creating(Numbered(101))).status()), ElementsAre("requests"));
  EXPECT_THAT(BadFields(BatchCreate(Creating({})).status()), ElementsAre("requests"));
  EXPECT_TRUE(BatchDelete(Deleting(Numbered(100))).ok());
  EXPECT_THAT(BadFields(BatchDelete(Deleting(Numbered(101)))), ElementsAre("names"));
  EXPECT_EQ(store_.commits(), 2);
}

TEST_F(BatchTest, EveryFaultIsNamedAndNothingIsCreated) {
  v1::BatchCreateSessionsRequest request = Creating({"a", "B", "a", "d", "e"});
  request.mutable_requests(0)->mutable_session()->mutable_spec()->set_url("http://peer/");
  request.mutable_requests(3)->set_parent("tenants/acme");
  request.mutable_requests(3)->set_validate_only(true);
  request.mutable_requests(4)->set_request_id("9f1c7a52-0c3e-4b7a-8d52-6f0a4d1e2b3c");
  request.mutable_requests(4)->mutable_session()->set_group("no spaces");
  request.set_request_id("x");
  EXPECT_THAT(BadFields(BatchCreate(request).status()),
              ElementsAre("request_id", "requests[0].session.spec.url", "requests[1].session_id",
                          "requests[2].session_id", "requests[3].parent", "requests[3].validate_only",
                          "requests[4].request_id", "requests[4].session.group"));
  request = Creating({"a", "b"});
  request.mutable_requests(1)->mutable_session()->mutable_spec()->set_url("http://peer/");
  EXPECT_THAT(BadFields(BatchCreate(request).status()), ElementsAre("requests[1].session.spec.url"));
  request.set_parent("default");
  EXPECT_THAT(BadFields(BatchCreate(request).status()), ElementsAre("parent"));
  EXPECT_EQ(registry_->size(), 0);
  EXPECT_EQ(store_.commits(), 0);
  EXPECT_EQ(engine_.admitted(), 0);
}

TEST_F(BatchTest, OneThatExistsRefusesAll) {
  ASSERT_TRUE(Create("b").ok());
  const auto created = BatchCreate(Creating({"a", "b", "c"}));
  EXPECT_TRUE(absl::IsAlreadyExists(created.status())) << created.status();
  EXPECT_THAT(DetailsOf(created.status()).metadata, Contains(Pair("name", FullName("b"))));
  EXPECT_EQ(registry_->size(), 1);
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(BatchTest, WhatIsNotStoredIsNotThere) {
  store_.next_status = absl::UnavailableError("no disk");
  EXPECT_TRUE(absl::IsUnavailable(BatchCreate(Creating({"a", "b"})).status()));
  EXPECT_EQ(registry_->size(), 0);
  EXPECT_EQ(engine_.admitted(), 0);
  store_.next_status = absl::OkStatus();
  ASSERT_TRUE(BatchCreate(Creating({"a", "b"})).ok());
  store_.next_status = absl::UnavailableError("no disk");
  EXPECT_TRUE(absl::IsUnavailable(BatchDelete(Deleting({"a", "b"}))));
  EXPECT_EQ(registry_->size(), 2);
}

TEST_F(BatchTest, ATrialChangesNothing) {
  v1::BatchCreateSessionsRequest request = Creating({"a", "b"});
  request.set_validate_only(true);
  const auto tried = BatchCreate(request);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_THAT(tried->sessions(), SizeIs(2));
  EXPECT_THAT(tried->sessions(1).etag(), IsEmpty());
  EXPECT_EQ(registry_->size(), 0);
  ASSERT_TRUE(Create("a").ok());
  v1::BatchDeleteSessionsRequest remove = Deleting({"a"});
  remove.set_validate_only(true);
  EXPECT_TRUE(BatchDelete(remove).ok());
  EXPECT_TRUE(Exists("a"));
}

TEST_F(BatchTest, TheSameBatchTwiceIsOne) {
  v1::BatchCreateSessionsRequest request = Creating({"a", "b"});
  request.set_request_id("9f1c7a52-0c3e-4b7a-8d52-6f0a4d1e2b3c");
  const auto first = BatchCreate(request);
  ASSERT_TRUE(first.ok()) << first.status();
  Restart();
  const auto second = BatchCreate(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->SerializeAsString(), first->SerializeAsString());
  v1::BatchDeleteSessionsRequest remove = Deleting({"a", "b"});
  remove.set_request_id("9f1c7a52-0c3e-4b7a-8d52-6f0a4d1e2b3d");
  EXPECT_TRUE(BatchDelete(remove).ok());
  EXPECT_TRUE(BatchDelete(remove).ok());
}

TEST_F(BatchTest, DeletesAllOrNone) {
  ASSERT_TRUE(BatchCreate(Creating({"a", "b", "c"})).ok());
  const absl::Status missing = BatchDelete(Deleting({"a", "x", "b"}));
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(DetailsOf(missing).metadata, Contains(Pair("name", FullName("x"))));
  EXPECT_EQ(registry_->size(), 3);
  ASSERT_TRUE(BatchDelete(Deleting({"a", "c"})).ok());
  EXPECT_TRUE(Exists("b"));
  EXPECT_EQ(registry_->size(), 1);
  EXPECT_EQ(store_.commits(), 2);
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(BatchTest, NamesAreChecked) {
  v1::BatchDeleteSessionsRequest request = Deleting({"a", "a"});
  request.add_names("x");
  request.add_names(FullName("b", "acme"));
  EXPECT_THAT(BadFields(BatchDelete(request)), ElementsAre("names[1]", "names[2]", "names[3]"));
  EXPECT_THAT(BadFields(GetAll({"x"}).status()), ElementsAre("names[0]"));
  EXPECT_THAT(BadFields(GetAll({}).status()), ElementsAre("names"));
  EXPECT_THAT(BadFields(GetAll(std::vector<std::string>(1001, "x")).status()), ElementsAre("names"));
}

TEST_F(BatchTest, GetsAllOrNone) {
  ASSERT_TRUE(BatchCreate(Creating({"a", "b"})).ok());
  const auto got = GetAll({FullName("b"), FullName("a")});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->sessions(0).SerializeAsString(), Get("b")->SerializeAsString());
  EXPECT_EQ(got->sessions(1).name(), FullName("a"));
  const auto missing = GetAll({FullName("a"), FullName("x")});
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(DetailsOf(missing.status()).metadata, Contains(Pair("name", FullName("x"))));
}

TEST_F(BatchTest, BatchesThatShareNamesTakeTurns) {
  store_.held = true;
  Pending<absl::StatusOr<v1::BatchCreateSessionsResponse>> first;
  Pending<absl::StatusOr<v1::BatchCreateSessionsResponse>> second;
  registry_->BatchCreate(Creating({"a", "b"}), first.Reply());
  registry_->BatchCreate(Creating({"b", "c"}), second.Reply());
  const auto third = StartCreate(CreateRequest("a"));
  EXPECT_THAT(store_.waiting, SizeIs(1));
  store_.Release(absl::UnavailableError("no disk"));
  EXPECT_FALSE(first.value().ok());
  EXPECT_FALSE(second.answered());
  EXPECT_THAT(store_.waiting, SizeIs(2));
  store_.Release();
  store_.Release();
  EXPECT_TRUE(second.value().ok());
  EXPECT_TRUE(third.value().ok());
  EXPECT_EQ(registry_->size(), 3);
}

class RoomForThreeTest : public BatchTest {
 protected:
  RoomForThreeTest() : BatchTest(3) {}
};

TEST_F(RoomForThreeTest, PausedOnesNeedNoRoom) {
  v1::BatchCreateSessionsRequest request = Creating({"a", "b", "c", "d"});
  EXPECT_TRUE(absl::IsResourceExhausted(BatchCreate(request).status()));
  EXPECT_EQ(engine_.admitted(), 0);
  request.mutable_requests(2)->mutable_session()->set_paused(true);
  EXPECT_TRUE(BatchCreate(request).ok());
  EXPECT_EQ(engine_.admitted(), 3);
}

}  // namespace
}  // namespace holter::registry
