// Pause, resume, and new connections that are asked for.
#include "tests/unit/registry/watch_fixture.h"

namespace holter::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class PauseTest : public WatchTest {
 protected:
  static v1::Session Paused(const std::string& url = "ws://peer/") {
    v1::Session session = SessionWithUrl(url);
    session.set_paused(true);
    return session;
  }
  absl::StatusOr<v1::Session> Reconnect(const std::string& id, const std::string& etag = "") {
    v1::ReconnectSessionRequest request;
    request.set_name(FullName(id));
    request.set_etag(etag);
    return Call(&SessionRegistry::Reconnect, request);
  }
  absl::StatusOr<int> ReconnectMany(const std::string& parent, int64_t over_seconds = 0,
                                    const std::string& filter = "") {
    v1::ReconnectSessionsRequest request;
    request.set_parent(parent);
    request.set_filter(filter);
    if (over_seconds != 0) request.mutable_over()->set_seconds(over_seconds);
    const auto response = registry_->ReconnectMany(request);
    if (!response.ok()) return response.status();
    return response->sessions();
  }
  v1::State StateOf(const std::string& id) { return Get(id)->status().state(); }
};

TEST_F(PauseTest, APausedSessionIsDeclaredAndTakesNoRoom) {
  const auto created = Create(CreateRequest("a", Paused()));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->paused());
  EXPECT_EQ(created->status().state(), v1::STATE_PAUSED);
  EXPECT_EQ(created->status().health(), v1::HEALTH_UNKNOWN);
  EXPECT_EQ(created->status().reason(), v1::REASON_OPERATOR);
  EXPECT_EQ(engine_.admitted(), 0);
  EXPECT_EQ(StateOf("a"), v1::STATE_PAUSED);
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_EQ(engine_.admitted(), 0);
}

TEST_F(PauseTest, PauseAndResume) {
  CreateWithUrl("a");
  Step("a");
  Step("a");
  ASSERT_EQ(StateOf("a"), v1::STATE_OPEN);
  const std::string before = Get("a")->etag();
  const auto reader = Watch();
  Drain(*reader);
  const auto paused = Pause("a");
  ASSERT_TRUE(paused.ok()) << paused.status();
  EXPECT_TRUE(paused->paused());
  EXPECT_NE(paused->etag(), before);
  EXPECT_EQ(StateOf("a"), v1::STATE_PAUSED);
  EXPECT_EQ(engine_.admitted(), 0);
  EXPECT_EQ(Pause("a")->etag(), paused->etag()) << "it is paused already";
  const auto resumed = Resume("a");
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_FALSE(resumed->paused());
  EXPECT_EQ(StateOf("a"), v1::STATE_CONNECTING);
  EXPECT_EQ(engine_.admitted(), 1);
  EXPECT_EQ(Resume("a")->etag(), resumed->etag());
  EXPECT_EQ(store_.commits(), 3);
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("DECLARED a", "TRANSITION a PAUSED/UNKNOWN", "DECLARED a",
                                                 "TRANSITION a CONNECTING/UNKNOWN"));
}

TEST_F(PauseTest, APauseSurvivesARestart) {
  CreateWithUrl("a");
  CreateWithUrl("b");
  ASSERT_TRUE(Pause("a").ok());
  const std::string etag = Get("a")->etag();
  Restart();
  EXPECT_TRUE(Get("a")->paused());
  EXPECT_EQ(Get("a")->etag(), etag);
  EXPECT_EQ(StateOf("a"), v1::STATE_PAUSED);
  EXPECT_EQ(engine_.admitted(), 1);
  ASSERT_TRUE(Resume("a").ok());
  Restart();
  EXPECT_FALSE(Get("a")->paused());
  EXPECT_EQ(engine_.admitted(), 2);
}

TEST_F(PauseTest, AnUpdateMayPauseAndResume) {
  CreateWithUrl("a");
  v1::Session session;
  session.set_name(FullName("a"));
  session.set_paused(true);
  EXPECT_TRUE(Update(session, {})->paused());
  EXPECT_EQ(engine_.admitted(), 0);
  session.clear_paused();
  EXPECT_TRUE(Update(session, {})->paused()) << "what is not set is left as it is";
  session.set_paused(false);
  EXPECT_FALSE(Update(session, {})->paused());
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(PauseTest, WhatIsPausedCanBeChanged) {
  ASSERT_TRUE(Create(CreateRequest("a", Paused())).ok());
  v1::Session session;
  session.set_name(FullName("a"));
  session.mutable_spec()->set_url("ws://other/");
  ASSERT_TRUE(Update(session, {"spec.url"}).ok());
  EXPECT_EQ(StateOf("a"), v1::STATE_PAUSED);
  EXPECT_NE(engine_.IdOf("ws://other/"), 0);
}

TEST_F(PauseTest, WhoeverIsNotThereOrAnotherVersionIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(Pause("a").status()));
  EXPECT_TRUE(absl::IsNotFound(Resume("a").status()));
  EXPECT_TRUE(absl::IsNotFound(Reconnect("a").status()));
  CreateWithUrl("a");
  v1::PauseSessionRequest request;
  request.set_name(FullName("a"));
  request.set_etag("0");
  EXPECT_TRUE(HasReason(Call(&SessionRegistry::Pause, request).status(), "ETAG_MISMATCH"));
  EXPECT_TRUE(HasReason(Reconnect("a", "0").status(), "ETAG_MISMATCH"));
  request.set_name("a");
  EXPECT_THAT(BadFields(Call(&SessionRegistry::Pause, request).status()), ElementsAre("name"));
}

TEST_F(PauseTest, SessionsOfFilesArePausedInTheirFiles) {
  v1::Session session = SessionWithUrl("ws://peer/");
  session.set_name(FullName("f"));
  ASSERT_TRUE(registry_->ReconcileFiles({session}).ok());
  EXPECT_TRUE(HasReason(Pause("f").status(), "FILE_MANAGED"));
  EXPECT_TRUE(Reconnect("f").ok()) << "changes nothing that is declared";
  session.set_paused(true);
  ASSERT_TRUE(registry_->ReconcileFiles({session}).ok());
  EXPECT_TRUE(Get("f")->paused());
  EXPECT_EQ(engine_.admitted(), 0);
  EXPECT_TRUE(HasReason(Resume("f").status(), "FILE_MANAGED"));
  session.set_paused(false);
  ASSERT_TRUE(registry_->ReconcileFiles({session}).ok());
  EXPECT_EQ(engine_.admitted(), 1);
}

TEST_F(PauseTest, ReconnectAsksTheEngineAndStoresNothing) {
  CreateWithUrl("a");
  const v1::Session before = *Get("a");
  const auto answer = Reconnect("a", before.etag());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->etag(), before.etag());
  EXPECT_THAT(engine_.sessions().begin()->second.reconnects, ElementsAre(Duration::zero()));
  EXPECT_EQ(store_.commits(), 1);
  ASSERT_TRUE(Pause("a").ok());
  EXPECT_TRUE(HasReason(Reconnect("a").status(), "SESSION_PAUSED"));
}

TEST_F(PauseTest, ManyAreSpreadOverTheTime) {
  for (const char* id : {"a", "b", "c", "d"}) {
    CreateWithUrl(id);
  }
  ASSERT_TRUE(Create(CreateRequest("p", Paused("ws://p/"))).ok());
  ASSERT_TRUE(Create(CreateRequest("e", SessionWithUrl("ws://e/"), "acme")).ok());
  EXPECT_EQ(*ReconnectMany("tenants/default", 8), 4);
  const auto of = [&](const std::string& id) {
    return engine_.sessions().at(engine_.IdOf("ws://" + id + "/")).reconnects;
  };
  EXPECT_THAT(of("a"), ElementsAre(milliseconds(1)));
  EXPECT_THAT(of("b"), ElementsAre(seconds(2)));
  EXPECT_THAT(of("c"), ElementsAre(seconds(4)));
  EXPECT_THAT(of("d"), ElementsAre(seconds(6)));
  EXPECT_THAT(of("p"), SizeIs(0));
  EXPECT_THAT(of("e"), SizeIs(0));
  EXPECT_EQ(*ReconnectMany("tenants/-"), 5);
  EXPECT_THAT(of("e"), ElementsAre(milliseconds(1))) << "no rate is set";
}

TEST_F(PauseTest, OnlyThoseThatMatchAreReconnected) {
  CreateWithUrl("a");
  CreateWithUrl("b");
  Step("b");
  Step("b");
  EXPECT_EQ(*ReconnectMany("tenants/default", 0, "state = OPEN"), 1);
  EXPECT_THAT(engine_.sessions().at(engine_.IdOf("ws://b/")).reconnects, SizeIs(1));
  EXPECT_THAT(BadFields(ReconnectMany("tenants/default", 0, "state = NONSENSE").status()), ElementsAre("filter"));
}

TEST_F(PauseTest, ManyAreNeverFasterThanTheRate) {
  engine_.connect_rate = 2;
  CreateWithUrl("a");
  CreateWithUrl("b");
  CreateWithUrl("c");
  EXPECT_EQ(*ReconnectMany("tenants/default", 1), 3);
  EXPECT_THAT(engine_.sessions().at(engine_.IdOf("ws://c/")).reconnects, ElementsAre(seconds(1)));
}

TEST_F(PauseTest, ARolloutIsChecked) {
  EXPECT_EQ(*ReconnectMany("tenants/default"), 0);
  EXPECT_THAT(BadFields(ReconnectMany("default", 3601).status()), ElementsAre("parent", "over"));
  EXPECT_THAT(BadFields(ReconnectMany("tenants/default", -1).status()), ElementsAre("over"));
  EXPECT_THAT(BadFields(ReconnectMany("tenants/default", int64_t{1} << 60).status()), ElementsAre("over"));
  registry_->Close();
  EXPECT_TRUE(HasReason(ReconnectMany("tenants/default").status(), "SHUTTING_DOWN"));
}

class RoomForTwoTest : public RegistryTest {
 protected:
  RoomForTwoTest() : RegistryTest(2) {}
};

TEST_F(RoomForTwoTest, MoreMayBePausedThanConnected) {
  v1::Session paused = SessionWithUrl("ws://peer/");
  paused.set_paused(true);
  for (const char* id : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(Create(CreateRequest(id, paused)).ok());
  }
  ASSERT_TRUE(Resume("a").ok());
  ASSERT_TRUE(Resume("b").ok());
  const auto refused = Resume("c");
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status())) << refused.status();
  EXPECT_TRUE(HasReason(refused.status(), "OPEN_FILES_EXHAUSTED"));
  EXPECT_TRUE(Get("c")->paused());
  EXPECT_TRUE(absl::IsResourceExhausted(Create("e").status()));
  ASSERT_TRUE(Pause("a").ok());
  EXPECT_TRUE(Resume("c").ok()) << "a has given its room back";
  Restart();
  EXPECT_EQ(registry_->size(), 4);
  EXPECT_EQ(engine_.admitted(), 2);
}

TEST_F(RoomForTwoTest, AResumeThatCannotBeStoredGivesItsRoomBack) {
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Pause("a").ok());
  store_.next_status = absl::UnavailableError("no disk");
  EXPECT_FALSE(Resume("a").ok());
  EXPECT_EQ(engine_.admitted(), 0);
  EXPECT_FALSE(Create("b").ok());
  EXPECT_EQ(engine_.admitted(), 0);
}

}  // namespace
}  // namespace holter::registry
