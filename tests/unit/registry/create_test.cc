#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class CreateTest : public RegistryTest {
 protected:
  explicit CreateTest(size_t limit = 100000) : RegistryTest(limit) {}

  void ExpectNothingHappened() {
    EXPECT_EQ(registry_->size(), 0);
    EXPECT_THAT(store_.stored(), IsEmpty());
    EXPECT_THAT(store_.waiting, IsEmpty());
    EXPECT_EQ(engine_.admitted(), 0);
    EXPECT_THAT(engine_.sessions(), IsEmpty());
  }
  void ExpectRefused(const v1::CreateSessionRequest& request, const std::vector<std::string>& fields) {
    const auto created = Create(request);
    EXPECT_TRUE(absl::IsInvalidArgument(created.status())) << created.status();
    EXPECT_EQ(BadFields(created.status()), fields);
    ExpectNothingHappened();
  }
};

TEST_F(CreateTest, AnswersWithWhatWasDeclaredAndWhatIsTrue) {
  v1::Session session = SessionWithUrl("ws://peer:9001/path?q=1");
  session.set_name(FullName("feed-1"));
  session.set_group("feeds");
  (*session.mutable_labels())["team"] = "a";
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("5s");
  const auto created = Create(CreateRequest("feed-1", session));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->name(), FullName("feed-1"));
  EXPECT_THAT(created->uid(), SizeIs(36));
  EXPECT_EQ(created->group(), "feeds");
  EXPECT_EQ(created->labels().at("team"), "a");
  EXPECT_EQ(created->spec().SerializeAsString(), session.spec().SerializeAsString());
  EXPECT_FALSE(created->etag().empty());
  EXPECT_EQ(created->origin(), v1::ORIGIN_API);
  EXPECT_TRUE(created->has_create_time());
  EXPECT_EQ(created->create_time().SerializeAsString(), created->update_time().SerializeAsString());
  EXPECT_EQ(created->status().state(), v1::STATE_CONNECTING);
  EXPECT_EQ(created->status().health(), v1::HEALTH_UNKNOWN);
  auto got = Get("feed-1");
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->status().beats_size(), 1);
  got->mutable_status()->clear_beats();  // there are none yet when the creation is answered
  EXPECT_EQ(got->SerializeAsString(), created->SerializeAsString());
}

TEST_F(CreateTest, BeginsTheSessionForItsGroup) {
  v1::Session session = SessionWithUrl("ws://peer:9001/");
  session.set_group("feeds");
  ASSERT_TRUE(Create(CreateRequest("a", session, "acme")).ok());
  const auto sessions = engine_.sessions();
  ASSERT_THAT(sessions, SizeIs(1));
  EXPECT_EQ(sessions.begin()->second.spec.url, "ws://peer:9001/");
  EXPECT_EQ(sessions.begin()->second.metrics, observers_.ObserverFor("acme", "feeds"));
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(CreateTest, TwoSessionsHaveDifferentUidsAndEtags) {
  const auto a = Create("a");
  const auto b = Create("b");
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(a->uid(), b->uid());
  EXPECT_NE(a->etag(), b->etag());
}

TEST_F(CreateTest, NamesAreChecked) {
  v1::CreateSessionRequest request = CreateRequest("a");
  request.set_parent("tenants/-");
  ExpectRefused(request, {"parent"});
  request.set_parent("");
  ExpectRefused(request, {"parent"});
  ExpectRefused(CreateRequest("A"), {"session_id"});
  ExpectRefused(CreateRequest(""), {"session_id"});
  ExpectRefused(CreateRequest(std::string(64, 'a')), {"session_id"});
  request = CreateRequest("a");
  request.mutable_session()->set_name(FullName("b"));
  ExpectRefused(request, {"session.name"});
  request.mutable_session()->set_name(FullName("a", "other"));
  ExpectRefused(request, {"session.name"});
}

TEST_F(CreateTest, EveryFaultIsNamedAtOnce) {
  v1::CreateSessionRequest request = CreateRequest("Nope", SessionWithUrl("http://peer/"));
  request.mutable_session()->set_group("no spaces");
  request.mutable_session()->mutable_spec()->mutable_protocol_heartbeat()->set_interval("20");
  const auto created = Create(request);
  EXPECT_THAT(BadFields(created.status()), UnorderedElementsAre("session_id", "session.group", "session.spec.url",
                                                                "session.spec.protocol_heartbeat.interval"));
  ExpectNothingHappened();
}

TEST_F(CreateTest, ASessionIsRequired) {
  v1::CreateSessionRequest request = CreateRequest("a");
  request.clear_session();
  const auto created = Create(request);
  EXPECT_TRUE(absl::IsInvalidArgument(created.status()));
  EXPECT_THAT(BadFields(created.status()), ::testing::Contains("session"));
}

TEST_F(CreateTest, ASecretHasToBeThere) {
  v1::Session session = SessionWithUrl("ws://peer/");
  v1::Header* header = session.mutable_spec()->add_headers();
  header->set_name("Authorization");
  header->set_value("Bearer ${secret:feed/token}");
  ExpectRefused(CreateRequest("a", session), {"session.spec.headers[0].value"});
  secrets_.values["feed/token"] = "canary";
  const auto created = Create(CreateRequest("a", session));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_THAT(created->ShortDebugString(), ::testing::Not(::testing::HasSubstr("canary")));
  EXPECT_THAT(store_.stored().at(FullName("a")), ::testing::Not(::testing::HasSubstr("canary")));
}

TEST_F(CreateTest, ASecretThatWentIsNoticedThoughTheSpecIsKnown) {
  v1::Session session = SessionWithUrl("ws://peer/");
  v1::Header* header = session.mutable_spec()->add_headers();
  header->set_name("Authorization");
  header->set_value("${secret:feed/token}");
  secrets_.values["feed/token"] = "x";
  ASSERT_TRUE(Create(CreateRequest("a", session)).ok());
  secrets_.values.clear();
  EXPECT_TRUE(absl::IsInvalidArgument(Create(CreateRequest("b", session)).status()));
}

TEST_F(CreateTest, ANameIsTakenOnce) {
  ASSERT_TRUE(Create("a").ok());
  const auto again = Create("a");
  EXPECT_TRUE(absl::IsAlreadyExists(again.status())) << again.status();
  EXPECT_TRUE(HasReason(again.status(), "SESSION_EXISTS"));
  EXPECT_THAT(DetailsOf(again.status()).metadata, ElementsAre(std::pair(std::string("name"), FullName("a"))));
  EXPECT_EQ(engine_.admitted(), 1);
  EXPECT_EQ(store_.commits(), 1);
  EXPECT_TRUE(Create(CreateRequest("a", SessionWithUrl("ws://peer/"), "other")).ok());
}

TEST_F(CreateTest, AFailedCommitIsUndone) {
  store_.next_status = MakeError(absl::StatusCode::kUnavailable, "STORE_FAILED", "the disk is broken");
  const auto created = Create("a");
  EXPECT_TRUE(HasReason(created.status(), "STORE_FAILED"));
  ExpectNothingHappened();
  EXPECT_FALSE(Exists("a"));
  store_.next_status = absl::OkStatus();
  EXPECT_TRUE(Create("a").ok());
}

TEST_F(CreateTest, NothingIsSeenBeforeItIsOnDisk) {
  store_.held = true;
  const PendingSession created = StartCreate(CreateRequest("a"));
  EXPECT_FALSE(created.answered());
  EXPECT_FALSE(Exists("a"));
  EXPECT_EQ(registry_->size(), 0);
  EXPECT_THAT(engine_.sessions(), IsEmpty());
  store_.Release();
  ASSERT_TRUE(created.answered());
  EXPECT_TRUE(created.value().ok());
  EXPECT_TRUE(Exists("a"));
  EXPECT_THAT(engine_.sessions(), SizeIs(1));
}

TEST_F(CreateTest, OfTwoAtOnceOneWins) {
  store_.held = true;
  const PendingSession first = StartCreate(CreateRequest("a", SessionWithUrl("ws://one/")));
  const PendingSession second = StartCreate(CreateRequest("a", SessionWithUrl("ws://two/")));
  EXPECT_THAT(store_.waiting, SizeIs(1));
  store_.Release();
  ASSERT_TRUE(first.answered() && second.answered());
  EXPECT_TRUE(first.value().ok());
  EXPECT_TRUE(absl::IsAlreadyExists(second.value().status()));
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(CreateTest, TheSecondWinsWhenTheFirstFails) {
  store_.held = true;
  const PendingSession first = StartCreate(CreateRequest("a", SessionWithUrl("ws://one/")));
  const PendingSession second = StartCreate(CreateRequest("a", SessionWithUrl("ws://two/")));
  store_.Release(absl::UnavailableError("no"));
  EXPECT_FALSE(first.value().ok());
  EXPECT_FALSE(second.answered());
  store_.Release();
  EXPECT_TRUE(second.value().ok());
  EXPECT_EQ(Get("a")->spec().url(), "ws://two/");
}

TEST_F(CreateTest, OtherNamesDoNotWait) {
  store_.held = true;
  const PendingSession a = StartCreate(CreateRequest("a"));
  const PendingSession b = StartCreate(CreateRequest("b"));
  EXPECT_THAT(store_.waiting, SizeIs(2));
  store_.Release();
  store_.Release();
  EXPECT_TRUE(a.value().ok() && b.value().ok());
}

TEST_F(CreateTest, ThoseWhoWaitForANameAreBounded) {
  store_.held = true;
  std::vector<PendingSession> pending;
  for (int i = 0; i < 100; ++i) {
    pending.push_back(StartCreate(CreateRequest("a")));
  }
  ASSERT_TRUE(pending.back().answered());
  EXPECT_TRUE(absl::IsAborted(pending.back().value().status()));
  EXPECT_TRUE(HasReason(pending.back().value().status(), "CONCURRENT_CHANGE"));
  store_.Release();
  for (const PendingSession& each : pending) {
    EXPECT_TRUE(each.answered());
  }
}

TEST_F(CreateTest, NothingIsTakenAfterClose) {
  registry_->Close();
  const auto created = Create("a");
  EXPECT_TRUE(absl::IsUnavailable(created.status()));
  EXPECT_TRUE(HasReason(created.status(), "SHUTTING_DOWN"));
  ExpectNothingHappened();
}

class SmallEngineTest : public CreateTest {
 protected:
  SmallEngineTest() : CreateTest(2) {}
};

TEST_F(SmallEngineTest, ThereIsRoomForSoMany) {
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Create("b").ok());
  const auto refused = Create("c");
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status())) << refused.status();
  EXPECT_TRUE(HasReason(refused.status(), "OPEN_FILES_EXHAUSTED"));
  EXPECT_EQ(store_.commits(), 2);
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_TRUE(Create("c").ok());
}

TEST_F(SmallEngineTest, RoomComesBackAfterAFailedCommit) {
  store_.next_status = absl::UnavailableError("no");
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(Create("a").ok());
  }
  store_.next_status = absl::OkStatus();
  EXPECT_TRUE(Create("a").ok());
  EXPECT_TRUE(Create("b").ok());
}

}  // namespace
}  // namespace holter::registry
