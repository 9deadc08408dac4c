// etag, allow_missing and validate_only.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PreconditionsTest : public RegistryTest {
 protected:
  explicit PreconditionsTest(size_t limit = 100000) : RegistryTest(limit) {}

  static v1::UpdateSessionRequest GroupUpdate(const std::string& id, const std::string& group) {
    v1::UpdateSessionRequest request;
    request.mutable_session()->set_name(FullName(id));
    request.mutable_session()->set_group(group);
    return request;
  }
  static v1::DeleteSessionRequest DeleteOf(const std::string& id) {
    v1::DeleteSessionRequest request;
    request.set_name(FullName(id));
    return request;
  }
  void ExpectMismatch(const absl::Status& status, const std::string& etag) {
    EXPECT_TRUE(absl::IsAborted(status)) << status;
    EXPECT_TRUE(HasReason(status, "ETAG_MISMATCH"));
    EXPECT_THAT(DetailsOf(status).metadata, ::testing::Contains(::testing::Pair("etag", etag)));
  }
};

TEST_F(PreconditionsTest, AnUpdateOfTheVersionThatIsThere) {
  const std::string etag = Create("a")->etag();
  v1::UpdateSessionRequest request = GroupUpdate("a", "x");
  request.mutable_session()->set_etag(etag);
  const auto updated = Call(&SessionRegistry::Update, request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_NE(updated->etag(), etag);
  const auto again = Call(&SessionRegistry::Update, request);
  ExpectMismatch(again.status(), updated->etag());
  EXPECT_EQ(Get("a")->etag(), updated->etag());
}

TEST_F(PreconditionsTest, ADeleteOfTheVersionThatIsThere) {
  const std::string etag = Create("a")->etag();
  v1::DeleteSessionRequest request = DeleteOf("a");
  request.set_etag("0");
  ExpectMismatch(Call(&SessionRegistry::Delete, request), etag);
  EXPECT_TRUE(Exists("a"));
  request.set_etag(etag);
  EXPECT_TRUE(Call(&SessionRegistry::Delete, request).ok());
}

TEST_F(PreconditionsTest, AnUpdateMayCreate) {
  v1::UpdateSessionRequest request = GroupUpdate("a", "x");
  request.mutable_session()->mutable_spec()->set_url("ws://peer/");
  request.mutable_update_mask()->add_paths("labels");
  EXPECT_TRUE(absl::IsNotFound(Call(&SessionRegistry::Update, request).status()));
  request.set_allow_missing(true);
  const auto created = Call(&SessionRegistry::Update, request);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->group(), "x") << "the mask is not looked at";
  EXPECT_EQ(created->spec().url(), "ws://peer/");
  EXPECT_EQ(created->origin(), v1::ORIGIN_API);
  EXPECT_EQ(engine_.admitted(), 1);
  request.mutable_session()->set_group("y");
  EXPECT_EQ(Call(&SessionRegistry::Update, request)->group(), "x") << "now it is";
}

TEST_F(PreconditionsTest, AnUpdateThatWouldCreateIsCheckedLikeACreate) {
  v1::UpdateSessionRequest request = GroupUpdate("a", "no spaces");
  request.set_allow_missing(true);
  const auto refused = Call(&SessionRegistry::Update, request);
  EXPECT_THAT(BadFields(refused.status()), ElementsAre("session.group", "session.spec.url"));
  EXPECT_EQ(registry_->size(), 0);
}

TEST_F(PreconditionsTest, AVersionThatIsGoneIsNotCreated) {
  v1::UpdateSessionRequest request;
  *request.mutable_session() = *Create("a");
  ASSERT_TRUE(Delete("a").ok());
  request.set_allow_missing(true);
  EXPECT_TRUE(absl::IsNotFound(Call(&SessionRegistry::Update, request).status()));
  EXPECT_EQ(registry_->size(), 0);
}

TEST_F(PreconditionsTest, ADeleteOfNothingMayBeWell) {
  v1::DeleteSessionRequest request = DeleteOf("a");
  EXPECT_TRUE(absl::IsNotFound(Call(&SessionRegistry::Delete, request)));
  request.set_allow_missing(true);
  EXPECT_TRUE(Call(&SessionRegistry::Delete, request).ok());
  EXPECT_EQ(store_.commits(), 0);
}

TEST_F(PreconditionsTest, ACreateThatIsOnlyValidated) {
  v1::CreateSessionRequest request = CreateRequest("a");
  request.set_validate_only(true);
  const auto answer = Create(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->name(), FullName("a"));
  EXPECT_EQ(answer->spec().url(), "ws://peer/");
  EXPECT_THAT(answer->etag(), IsEmpty());
  EXPECT_THAT(answer->uid(), IsEmpty());
  EXPECT_FALSE(answer->has_create_time());
  EXPECT_EQ(registry_->size(), 0);
  EXPECT_EQ(store_.commits(), 0);
  EXPECT_EQ(engine_.admitted(), 0);
  request.mutable_session()->mutable_spec()->set_url("http://peer/");
  EXPECT_THAT(BadFields(Create(request).status()), ElementsAre("session.spec.url"));
  ASSERT_TRUE(Create("a").ok());
  request.mutable_session()->mutable_spec()->set_url("ws://peer/");
  EXPECT_TRUE(absl::IsAlreadyExists(Create(request).status()));
}

TEST_F(PreconditionsTest, AnUpdateThatIsOnlyValidated) {
  const v1::Session before = *Create("a");
  v1::UpdateSessionRequest request = GroupUpdate("a", "x");
  request.set_validate_only(true);
  const auto answer = Call(&SessionRegistry::Update, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->group(), "x");
  EXPECT_EQ(answer->uid(), before.uid());
  EXPECT_THAT(answer->etag(), IsEmpty());
  EXPECT_EQ(Get("a")->etag(), before.etag());
  EXPECT_EQ(store_.commits(), 1);
  request.mutable_session()->set_etag("0");
  ExpectMismatch(Call(&SessionRegistry::Update, request).status(), before.etag());
}

TEST_F(PreconditionsTest, ADeleteThatIsOnlyValidated) {
  ASSERT_TRUE(Create("a").ok());
  v1::DeleteSessionRequest request = DeleteOf("a");
  request.set_validate_only(true);
  EXPECT_TRUE(Call(&SessionRegistry::Delete, request).ok());
  EXPECT_TRUE(Exists("a"));
  request.set_name(FullName("b"));
  EXPECT_TRUE(absl::IsNotFound(Call(&SessionRegistry::Delete, request)));
}

class NoRoomPreconditionsTest : public PreconditionsTest {
 protected:
  NoRoomPreconditionsTest() : PreconditionsTest(0) {}
};

TEST_F(NoRoomPreconditionsTest, ValidationAsksForRoomToo) {
  v1::CreateSessionRequest request = CreateRequest("a");
  request.set_validate_only(true);
  EXPECT_TRUE(absl::IsResourceExhausted(Create(request).status()));
}

}  // namespace
}  // namespace holter::registry
