#include <utility>

#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class UpdateTest : public RegistryTest {
 protected:
  UpdateTest() {
    v1::Session session = SessionWithUrl("ws://peer/");
    session.set_group("feeds");
    (*session.mutable_labels())["team"] = "a";
    v1::SessionSpec* spec = session.mutable_spec();
    spec->mutable_protocol_heartbeat()->set_interval("5s");
    spec->mutable_protocol_heartbeat()->set_timeout("3s");
    spec->mutable_reconnect()->set_factor(3);
    v1::Beat* beat = spec->add_beats();
    beat->set_name("op-ping");
    beat->mutable_send()->set_text("ping");
    const auto created = Create(CreateRequest("a", session));
    EXPECT_TRUE(created.ok()) << created.status();
    before_ = *created;
    engine_.manual_clock().Advance(std::chrono::seconds(1));
  }

  v1::Session Named() {
    v1::Session session;
    session.set_name(FullName("a"));
    return session;
  }
  const holter::testing::FakeEngine::Session InEngine() { return engine_.sessions().begin()->second; }

  v1::Session before_;
};

TEST_F(UpdateTest, ChangesWhatTheMaskNamesAndNothingElse) {
  v1::Session session = Named();
  session.set_group("other");
  session.mutable_spec()->set_url("ws://other/");
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("7s");
  const auto updated = Update(session, {"spec.protocol_heartbeat.interval"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  v1::SessionSpec expected = before_.spec();
  expected.mutable_protocol_heartbeat()->set_interval("7s");
  EXPECT_EQ(updated->spec().SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(updated->group(), "feeds");
  EXPECT_EQ(updated->uid(), before_.uid());
  EXPECT_NE(updated->etag(), before_.etag());
  EXPECT_EQ(updated->create_time().SerializeAsString(), before_.create_time().SerializeAsString());
  EXPECT_GT(updated->update_time().seconds(), before_.update_time().seconds());
  EXPECT_EQ(Get("a")->SerializeAsString(), updated->SerializeAsString());
  EXPECT_EQ(InEngine().updates, 1);
  EXPECT_EQ(InEngine().spec.shared->protocol.cadence.interval, std::chrono::seconds(7));
}

TEST_F(UpdateTest, MapsAndListsAreReplacedAsAWhole) {
  v1::Session session = Named();
  (*session.mutable_labels())["zone"] = "z";
  v1::Beat* beat = session.mutable_spec()->add_beats();
  beat->set_name("other");
  beat->mutable_send()->set_text("x");
  const auto updated = Update(session, {"labels", "spec.beats"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_THAT(updated->labels(), SizeIs(1));
  EXPECT_EQ(updated->labels().at("zone"), "z");
  ASSERT_EQ(updated->spec().beats_size(), 1);
  EXPECT_EQ(updated->spec().beats(0).name(), "other");
}

TEST_F(UpdateTest, AnUnsetFieldInTheMaskIsCleared) {
  const auto updated =
      Update(Named(), {"labels", "group", "spec.beats", "spec.protocol_heartbeat.timeout", "spec.reconnect.factor"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_THAT(updated->labels(), SizeIs(0));
  EXPECT_EQ(updated->group(), "");
  EXPECT_EQ(updated->spec().beats_size(), 0);
  EXPECT_EQ(updated->spec().protocol_heartbeat().timeout(), "");
  EXPECT_EQ(updated->spec().protocol_heartbeat().interval(), "5s");
  EXPECT_FALSE(updated->spec().reconnect().has_factor());
}

TEST_F(UpdateTest, TheWholeSpec) {
  v1::Session session = Named();
  session.mutable_spec()->set_url("wss://other/");
  const auto updated = Update(session, {"spec"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->spec().SerializeAsString(), session.spec().SerializeAsString());
  EXPECT_EQ(updated->group(), "feeds");
}

TEST_F(UpdateTest, AStarIsEverything) {
  v1::Session session = Named();
  session.mutable_spec()->set_url("ws://other/");
  const auto updated = Update(session, {"*"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->spec().SerializeAsString(), session.spec().SerializeAsString());
  EXPECT_EQ(updated->group(), "");
  EXPECT_THAT(updated->labels(), SizeIs(0));
  EXPECT_EQ(updated->uid(), before_.uid());
}

TEST_F(UpdateTest, WithoutAMaskWhatIsSet) {
  v1::Session session = Named();
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("9s");
  const auto updated = Update(session, {});
  ASSERT_TRUE(updated.ok()) << updated.status();
  v1::SessionSpec expected = before_.spec();
  expected.mutable_protocol_heartbeat()->set_interval("9s");
  EXPECT_EQ(updated->spec().SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(updated->group(), "feeds");
  EXPECT_EQ(updated->labels().at("team"), "a");
}

TEST_F(UpdateTest, OutputOnlyFieldsAreIgnored) {
  v1::Session session = Named();
  session.set_uid("mine");
  session.set_origin(v1::ORIGIN_FILE);
  session.mutable_status()->set_state(v1::STATE_STOPPED);
  session.set_group("other");
  for (const std::vector<std::string>& mask :
       {std::vector<std::string>{}, {"uid", "origin", "status", "status.state", "name", "group"}}) {
    const auto updated = Update(session, mask);
    ASSERT_TRUE(updated.ok()) << updated.status();
    EXPECT_EQ(updated->uid(), before_.uid());
    EXPECT_EQ(updated->origin(), v1::ORIGIN_API);
    EXPECT_EQ(updated->status().state(), v1::STATE_CONNECTING);
    EXPECT_EQ(updated->group(), "other");
  }
}

TEST_F(UpdateTest, UnknownPathsAreRefused) {
  for (const char* path :
       {"nope", "spec.nope", "spec.beats.interval", "spec.beats[0]", "labels.team", "", "spec.*", "spec."}) {
    const auto updated = Update(Named(), {path});
    EXPECT_TRUE(absl::IsInvalidArgument(updated.status())) << path;
    EXPECT_THAT(BadFields(updated.status()), ElementsAre("update_mask")) << path;
  }
  EXPECT_EQ(Get("a")->etag(), before_.etag());
}

TEST_F(UpdateTest, TheResultIsValidated) {
  // first_delay alone is fine; with the max_delay that is there already it is not.
  v1::Session session = Named();
  session.mutable_spec()->mutable_reconnect()->set_max_delay("2s");
  ASSERT_TRUE(Update(session, {"spec.reconnect.max_delay"}).ok());
  session.mutable_spec()->mutable_reconnect()->set_first_delay("5s");
  const auto updated = Update(session, {"spec.reconnect.first_delay"});
  EXPECT_TRUE(absl::IsInvalidArgument(updated.status())) << updated.status();
  EXPECT_THAT(BadFields(updated.status()), SizeIs(1));
  EXPECT_THAT(BadFields(updated.status())[0], ::testing::StartsWith("session.spec.reconnect."));
  const auto cleared = Update(Named(), {"spec.url"});
  EXPECT_THAT(BadFields(cleared.status()), ElementsAre("session.spec.url"));
  EXPECT_EQ(Get("a")->spec().reconnect().first_delay(), "");
}

TEST_F(UpdateTest, NoChangeIsNoCommit) {
  v1::Session session = Named();
  session.set_group("feeds");
  const auto updated = Update(session, {"group"});
  ASSERT_TRUE(updated.ok());
  EXPECT_EQ(updated->etag(), before_.etag());
  EXPECT_EQ(store_.commits(), 1);
  EXPECT_EQ(InEngine().updates, 0);
}

TEST_F(UpdateTest, AnotherGroupHasAnotherObserver) {
  v1::Session session = Named();
  session.set_group("other");
  ASSERT_TRUE(Update(session, {"group"}).ok());
  EXPECT_EQ(InEngine().metrics, observers_.ObserverFor("default", "other"));
}

TEST_F(UpdateTest, AFailedCommitIsUndone) {
  store_.next_status = absl::UnavailableError("no");
  v1::Session session = Named();
  session.set_group("other");
  EXPECT_FALSE(Update(session, {"group"}).ok());
  v1::Session after = *Get("a");
  after.mutable_status()->clear_beats();  // not told in the answer of a creation
  EXPECT_EQ(after.SerializeAsString(), before_.SerializeAsString());
  EXPECT_EQ(InEngine().updates, 0);
}

TEST_F(UpdateTest, UnknownNames) {
  v1::Session session = Named();
  session.set_name(FullName("b"));
  const auto missing = Update(session, {"group"});
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_TRUE(HasReason(missing.status(), "SESSION_NOT_FOUND"));
  session.set_name("sessions/b");
  EXPECT_THAT(BadFields(Update(session, {"group"}).status()), ElementsAre("session.name"));
}

TEST_F(UpdateTest, TwoAtOnceHappenOneAfterTheOther) {
  store_.held = true;
  v1::Session session = Named();
  session.set_group("one");
  const PendingSession first = StartUpdate(session, {"group"});
  session.mutable_spec()->set_url("ws://two/");
  const PendingSession second = StartUpdate(session, {"spec.url"});
  EXPECT_THAT(store_.waiting, SizeIs(1));
  store_.Release();
  EXPECT_TRUE(first.value().ok());
  EXPECT_FALSE(second.answered());
  store_.Release();
  ASSERT_TRUE(second.value().ok());
  EXPECT_EQ(second.value()->group(), "one");
  EXPECT_EQ(second.value()->spec().url(), "ws://two/");
}

TEST_F(UpdateTest, DeleteWaitsForUpdateAndUpdateForDelete) {
  store_.held = true;
  v1::Session session = Named();
  session.set_group("one");
  const PendingSession first = StartUpdate(session, {"group"});
  const PendingEmpty removed = StartDelete("a");
  session.set_group("two");
  const PendingSession last = StartUpdate(session, {"group"});
  store_.Release();
  EXPECT_TRUE(first.value().ok());
  store_.Release();
  EXPECT_TRUE(removed.value().ok());
  ASSERT_TRUE(last.answered());
  EXPECT_TRUE(absl::IsNotFound(last.value().status()));
  EXPECT_EQ(engine_.admitted(), 0);
}

}  // namespace
}  // namespace holter::registry
