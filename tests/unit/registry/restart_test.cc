#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using RestartTest = RegistryTest;

TEST_F(RestartTest, EverythingComesBackAsItWas) {
  v1::Session session = SessionWithUrl("ws://peer/one?token=1");
  session.set_group("feeds");
  (*session.mutable_labels())["team"] = "a";
  (*session.mutable_labels())["zone"] = "b";
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("5s");
  ASSERT_TRUE(Create(CreateRequest("a", session)).ok());
  ASSERT_TRUE(Create(CreateRequest("b", SessionWithUrl("ws://two/"), "acme")).ok());
  const v1::Session a = *Get("a");
  const v1::Session b = *Get("b", "acme");
  Restart();
  EXPECT_EQ(registry_->size(), 2);
  EXPECT_EQ(engine_.admitted(), 2);
  for (const auto& [before, after] : {std::pair(a, *Get("a")), std::pair(b, *Get("b", "acme"))}) {
    EXPECT_EQ(after.name(), before.name());
    EXPECT_EQ(after.uid(), before.uid());
    EXPECT_EQ(after.etag(), before.etag());
    EXPECT_EQ(after.group(), before.group());
    EXPECT_EQ(after.labels().size(), before.labels().size());
    EXPECT_EQ(after.spec().SerializeAsString(), before.spec().SerializeAsString());
    EXPECT_EQ(after.create_time().SerializeAsString(), before.create_time().SerializeAsString());
    EXPECT_EQ(after.origin(), v1::ORIGIN_API);
    EXPECT_EQ(after.status().state(), v1::STATE_CONNECTING);
  }
  const auto sessions = engine_.sessions();
  ASSERT_THAT(sessions, SizeIs(2));
  EXPECT_NE(engine_.IdOf("ws://two/"), 0);
}

TEST_F(RestartTest, EtagsNeverComeBack) {
  const std::string first = Create("a")->etag();
  const std::string last = Create("b")->etag();
  ASSERT_TRUE(Delete("b").ok());
  engine_.manual_clock().Advance(std::chrono::seconds(1));
  Restart();
  const std::string anew = Create("b")->etag();
  EXPECT_NE(anew, last);
  EXPECT_NE(anew, first);
  EXPECT_GT(std::stoull(anew, nullptr, 16), std::stoull(last, nullptr, 16));
}

TEST_F(RestartTest, EtagsGrowThoughTheCalendarWasSetBack) {
  const std::string before = Create("a")->etag();
  engine_.manual_clock().SetWall(WallTime(std::chrono::hours(24)));
  Restart();
  EXPECT_GT(std::stoull(Create("b")->etag(), nullptr, 16), std::stoull(before, nullptr, 16));
}

TEST_F(RestartTest, ASecretThatIsNotThereIsNoReasonNotToStart) {
  v1::Session session = SessionWithUrl("ws://peer/");
  v1::Header* header = session.mutable_spec()->add_headers();
  header->set_name("Authorization");
  header->set_value("${secret:feed/token}");
  secrets_.values["feed/token"] = "x";
  ASSERT_TRUE(Create(CreateRequest("a", session)).ok());
  secrets_.values.clear();
  Restart();
  EXPECT_TRUE(Exists("a"));
}

TEST_F(RestartTest, ADamagedStoreIsRefused) {
  Shut();
  store_.load_status = MakeError(absl::StatusCode::kDataLoss, "STORE_DAMAGED", "the store is damaged");
  EXPECT_TRUE(absl::IsDataLoss(TryOpen()));
}

TEST_F(RestartTest, ADeclarationThatIsNoneIsRefused) {
  Shut();
  store_.Plant(FullName("a"), "no proto at all");
  absl::Status status = TryOpen();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(FullName("a")));
  v1::Session session = SessionWithUrl("ws://peer/");
  session.set_name(FullName("a"));
  store_.Plant(FullName("a"), session.SerializeAsString());
  status = TryOpen();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("uid"));
  session.set_name(FullName("b"));
  store_.Plant(FullName("a"), session.SerializeAsString());
  EXPECT_TRUE(absl::IsDataLoss(TryOpen()));
  EXPECT_EQ(engine_.admitted(), 0);
}

TEST_F(RestartTest, ADeclarationThatIsNotValidAnyMoreIsNamed) {
  ASSERT_TRUE(Create("a").ok());
  Shut();
  v1::Session session;
  ASSERT_TRUE(session.ParseFromString(store_.stored().at(FullName("a"))));
  session.mutable_spec()->set_url("gopher://peer/");
  store_.Plant(FullName("a"), session.SerializeAsString());
  const absl::Status status = TryOpen();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(FullName("a") + ".spec.url"));
  EXPECT_THAT(engine_.sessions(), IsEmpty());
}

class SmallRestartTest : public RegistryTest {
 protected:
  SmallRestartTest() : RegistryTest(3) {}
};

TEST_F(SmallRestartTest, MoreSessionsThanFitAreRefused) {
  ASSERT_TRUE(Create("a").ok());
  v1::Session session;
  Shut();
  ASSERT_TRUE(session.ParseFromString(store_.stored().at(FullName("a"))));
  for (const char* id : {"b", "c", "d"}) {
    session.set_name(FullName(id));
    store_.Plant(FullName(id), session.SerializeAsString());
  }
  const absl::Status status = TryOpen();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("4 sessions that are not paused are stored"));
  EXPECT_TRUE(HasReason(status, "OPEN_FILES_EXHAUSTED"));
}

}  // namespace
}  // namespace holter::registry
