#include "tests/unit/registry/watch_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(WatchTest, BeginsWithASnapshot) {
  CreateWithUrl("a");
  CreateWithUrl("b");
  const auto reader = Watch();
  const auto response = reader->Next(100);
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(Words({response->changes().begin(), response->changes().end()}),
              ElementsAre("SNAPSHOT a", "SNAPSHOT b", "SNAPSHOT_END"));
  EXPECT_FALSE(response->resume_token().empty());
  EXPECT_EQ(response->changes(0).session().SerializeAsString(), Get("a")->SerializeAsString());
  EXPECT_FALSE(response->changes(2).has_session());
  EXPECT_THAT(reader->Next(100)->changes(), IsEmpty());
}

TEST_F(WatchTest, ASnapshotInPiecesHasItsTokenAtTheEnd) {
  for (int i = 0; i < 5; ++i) {
    CreateWithUrl("s" + std::to_string(i));
  }
  const auto reader = Watch();
  auto response = reader->Next(3);
  EXPECT_EQ(response->changes_size(), 3);
  EXPECT_EQ(response->resume_token(), "");
  response = reader->Next(3);
  EXPECT_THAT(Words({response->changes().begin(), response->changes().end()}),
              ElementsAre("SNAPSHOT s3", "SNAPSHOT s4", "SNAPSHOT_END"));
  EXPECT_NE(response->resume_token(), "");
}

TEST_F(WatchTest, AnEmptySnapshotEnds) {
  const auto reader = Watch();
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("SNAPSHOT_END"));
}

TEST_F(WatchTest, TellsEveryChangeInOrder) {
  const auto reader = Watch();
  Drain(*reader);
  CreateWithUrl("a");
  Step("a");  // starts
  Step("a");  // opens
  Step("a");  // is lost
  v1::Session session;
  session.set_name(FullName("a"));
  session.set_group("g");
  ASSERT_TRUE(Update(session, {"group"}).ok());
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("DECLARED a", "TRANSITION a OPEN/UNKNOWN", "TRANSITION a BACKOFF/DOWN",
                                                 "DECLARED a", "DELETED a"));
}

TEST_F(WatchTest, ATransitionCarriesWhatItSets) {
  v1::Session session = SessionWithUrl("ws://a/");
  session.set_group("feeds");
  (*session.mutable_labels())["team"] = "x";
  v1::Beat* beat = session.mutable_spec()->add_beats();
  beat->set_name("op");
  beat->mutable_send()->set_text("ping");
  ASSERT_TRUE(Create(CreateRequest("a", session)).ok());
  const auto reader = Watch();
  Drain(*reader);
  Step("a");
  engine_.manual_clock().Advance(std::chrono::seconds(2));
  Step("a");
  engine_.manual_clock().Advance(std::chrono::seconds(3));
  Step("a");
  const auto changes = Drain(*reader);
  ASSERT_THAT(changes, SizeIs(2));
  const v1::Session& lost = changes[1].session();
  const v1::Session now = *Get("a");
  EXPECT_EQ(lost.name(), FullName("a"));
  EXPECT_EQ(lost.uid(), now.uid());
  EXPECT_EQ(lost.labels().at("team"), "x");
  EXPECT_EQ(lost.group(), "feeds");
  EXPECT_FALSE(lost.has_spec());
  EXPECT_EQ(lost.status().reason(), v1::REASON_PEER_RESET);
  EXPECT_EQ(lost.status().detail(), now.status().detail());
  EXPECT_EQ(lost.status().attempts(), now.status().attempts());
  EXPECT_EQ(lost.status().state_time().SerializeAsString(), now.status().state_time().SerializeAsString());
  EXPECT_EQ(lost.status().health_time().SerializeAsString(), now.status().health_time().SerializeAsString());
  EXPECT_EQ(lost.status().next_attempt_time().SerializeAsString(),
            now.status().next_attempt_time().SerializeAsString());
  EXPECT_EQ(changes[1].time().SerializeAsString(), now.status().state_time().SerializeAsString());
  EXPECT_FALSE(lost.status().has_traffic());
  ASSERT_EQ(lost.status().beats_size(), 2);
  EXPECT_EQ(lost.status().beats(0).name(), "protocol");
  EXPECT_EQ(lost.status().beats(1).name(), "op");
  EXPECT_EQ(lost.status().beats(0).verdict(), now.status().beats(0).verdict());
}

TEST_F(WatchTest, TheDeclarationPrecedesTransitionsHoweverQuickTheLoop) {
  engine_.step_at_begin = true;
  const auto reader = Watch();
  Drain(*reader);
  CreateWithUrl("a");
  Step("a");
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("DECLARED a", "TRANSITION a OPEN/UNKNOWN"));
}

TEST_F(WatchTest, NothingIsToldOfASessionThatIsGone) {
  CreateWithUrl("a");
  const auto sessions = engine_.sessions();
  const auto& [id, session] = *sessions.begin();
  ASSERT_TRUE(Delete("a").ok());
  const auto reader = Watch();
  Drain(*reader);
  session.registry->OnTransition(id, core::Transition());
  EXPECT_THAT(Drain(*reader), IsEmpty());
}

TEST_F(WatchTest, ATenantSeesItsOwn) {
  CreateWithUrl("a");
  const auto reader = Watch("", "tenants/acme");
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("SNAPSHOT_END"));
  CreateWithUrl("b");
  ASSERT_TRUE(Create(CreateRequest("c", SessionWithUrl("ws://c/"), "acme")).ok());
  CreateWithUrl("d");
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("DECLARED c"));
}

TEST_F(WatchTest, ATokenGoesOnWhereItStood) {
  CreateWithUrl("a");
  std::string token;
  {
    const auto reader = Watch();
    Drain(*reader, &token);
  }
  Step("a");
  Step("a");
  CreateWithUrl("b");
  const auto reader = Watch(token);
  EXPECT_THAT(Words(Drain(*reader, &token, 1)), ElementsAre("TRANSITION a OPEN/UNKNOWN", "DECLARED b"));
  EXPECT_THAT(Drain(*Watch(token)), IsEmpty());
}

TEST_F(WatchTest, BadTokensAreRefused) {
  std::string token;
  Drain(*Watch(), &token);
  EXPECT_THAT(BadFields(TryWatch("rubbish").status()), ElementsAre("resume_token"));
  EXPECT_THAT(BadFields(TryWatch(token + "A").status()), ElementsAre("resume_token"));
  EXPECT_THAT(BadFields(TryWatch(token, "tenants/default").status()), ElementsAre("resume_token"));
  EXPECT_THAT(BadFields(TryWatch("", "nobody").status()), ElementsAre("parent"));
}

TEST_F(WatchTest, ATokenOfAnotherLifeIsExpired) {
  std::string token;
  Drain(*Watch(), &token);
  Restart();
  const absl::Status status = TryWatch(token).status();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_TRUE(HasReason(status, "WATCH_EXPIRED"));
}

TEST_F(WatchTest, CloseEndsWatches) {
  const auto reader = Watch();
  Drain(*reader);
  absl::Notification woken;
  reader->OnReady([&woken] { woken.Notify(); });
  registry_->Close();
  woken.WaitForNotification();
  const absl::Status status = reader->Next(10).status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_TRUE(HasReason(status, "SHUTTING_DOWN"));
  EXPECT_TRUE(HasReason(Watch()->Next(10).status(), "SHUTTING_DOWN"));
}

class ShortWatchTest : public WatchTest {
 protected:
  ShortWatchTest() {
    Shut();
    watch_history_ = 5;
    Open();
  }
};

TEST_F(ShortWatchTest, AReaderThatFallsBehindIsTold) {
  const auto reader = Watch();
  std::string token;
  Drain(*reader, &token);
  for (int i = 0; i < 5; ++i) {
    CreateWithUrl("s" + std::to_string(i));
  }
  EXPECT_TRUE(TryWatch(token).ok());
  CreateWithUrl("one-more");
  const absl::Status lagged = reader->Next(10).status();
  EXPECT_TRUE(absl::IsResourceExhausted(lagged)) << lagged;
  EXPECT_TRUE(HasReason(lagged, "WATCH_LAGGED"));
  EXPECT_TRUE(HasReason(TryWatch(token).status(), "WATCH_EXPIRED"));
  absl::Notification woken;
  reader->OnReady([&woken] { woken.Notify(); });
  woken.WaitForNotification();
}

TEST_F(ShortWatchTest, ASnapshotThatTakesTooLongIsTold) {
  for (int i = 0; i < 4; ++i) {
    CreateWithUrl("s" + std::to_string(i));
  }
  const auto reader = Watch();
  ASSERT_TRUE(reader->Next(1).ok());
  for (int i = 0; i < 6; ++i) {
    CreateWithUrl("t" + std::to_string(i));
  }
  EXPECT_TRUE(HasReason(reader->Next(1).status(), "WATCH_LAGGED"));
}

// A quiet tenant is not behind because others are loud.
TEST_F(ShortWatchTest, AReaderThatWaitsDoesNotFallBehind) {
  const auto reader = Watch("", "tenants/acme");
  Drain(*reader);
  absl::Notification woken;
  reader->OnReady([&woken] { woken.Notify(); });
  for (int i = 0; i < 20; ++i) {
    CreateWithUrl("s" + std::to_string(i));
  }
  EXPECT_FALSE(woken.HasBeenNotified());
  ASSERT_TRUE(Create(CreateRequest("mine", SessionWithUrl("ws://c/"), "acme")).ok());
  woken.WaitForNotification();
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("DECLARED mine"));
}

TEST_F(WatchTest, OnReadyIsCalledAtOnceWhenThereIsSomething) {
  const auto reader = Watch();
  absl::Notification snapshot;
  reader->OnReady([&snapshot] { snapshot.Notify(); });
  snapshot.WaitForNotification();
  Drain(*reader);
  CreateWithUrl("a");
  absl::Notification change;
  reader->OnReady([&change] { change.Notify(); });
  change.WaitForNotification();
}

TEST_F(WatchTest, OnReadyWakesOnce) {
  const auto reader = Watch();
  Drain(*reader);
  std::atomic<int> wakes = 0;
  absl::Notification woken;
  reader->OnReady([&] {
    ++wakes;
    woken.Notify();
  });
  CreateWithUrl("a");
  woken.WaitForNotification();
  CreateWithUrl("b");
  // Another watcher that is woken afterwards shows that the first had its turn.
  const auto other = Watch();
  absl::Notification later;
  other->OnReady([&later] { later.Notify(); });
  later.WaitForNotification();
  EXPECT_EQ(wakes, 1);
}

TEST_F(WatchTest, ANewCallReplacesTheOld) {
  const auto reader = Watch();
  Drain(*reader);
  std::atomic<int> old_wakes = 0;
  reader->OnReady([&old_wakes] { ++old_wakes; });
  absl::Notification woken;
  reader->OnReady([&woken] { woken.Notify(); });
  CreateWithUrl("a");
  woken.WaitForNotification();
  EXPECT_EQ(old_wakes, 0);
}

TEST_F(WatchTest, AWakeMayReadAndAskAgainAndEndItsReader) {
  auto reader = Watch();
  std::vector<std::string> words;
  absl::Notification ended;
  std::function<void()> read = [&] {
    for (const std::string& word : Words(Drain(*reader))) {
      words.push_back(word);
    }
    if (words.size() >= 3) {
      reader.reset();
      ended.Notify();
    } else {
      reader->OnReady(read);
    }
  };
  reader->OnReady(read);
  CreateWithUrl("a");
  CreateWithUrl("b");
  ended.WaitForNotification();
  // Either session may still have been in time for the snapshot.
  EXPECT_THAT(words, ::testing::Contains("SNAPSHOT_END"));
  EXPECT_THAT(words, SizeIs(3));
}

TEST_F(WatchTest, AReaderThatIsGoneIsNotWoken) {
  std::atomic<int> wakes = 0;
  for (int i = 0; i < 200; ++i) {
    auto reader = Watch();
    Drain(*reader);
    auto alive = std::make_shared<std::atomic<bool>>(true);
    reader->OnReady([&wakes, alive] {
      EXPECT_TRUE(*alive);
      ++wakes;
    });
    CreateWithUrl("s" + std::to_string(i));
    reader.reset();
    *alive = false;
  }
  EXPECT_LE(wakes, 200);
}

}  // namespace
}  // namespace holter::registry
