// Looking at the frames of a session.
#include "tests/unit/registry/registry_fixture.h"

namespace holter::registry {
namespace {

using Frame = v1::TapSessionResponse::Frame;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TapTest : public RegistryTest {
 protected:
  static v1::TapSessionRequest Request(const std::string& id = "a", int most_recent = 0) {
    v1::TapSessionRequest request;
    request.set_name(FullName(id));
    request.set_max_recent(most_recent);
    return request;
  }
  void Say(std::string_view payload) {
    engine_.AddFrame(engine_.IdOf("ws://peer/"), {.at = WallTime(std::chrono::seconds(3)),
                                                  .direction = core::FrameDirection::kIn,
                                                  .type = core::FrameType::kText,
                                                  .size = payload.size(),
                                                  .payload = payload});
  }
  static std::vector<std::string> Payloads(StreamReader<v1::TapSessionResponse>& reader) {
    std::vector<std::string> payloads;
    while (true) {
      const auto next = reader.Next();
      if (!next.ok() || !next->has_value()) return payloads;
      for (const Frame& frame : (*next)->frames()) payloads.push_back(frame.payload());
    }
  }
};

TEST_F(TapTest, TellsTheLastFramesAndThoseToCome) {
  ASSERT_TRUE(Create("a").ok());
  Say("one");
  Say("two");
  const auto tap = *registry_->Tap(Request("a", 1));
  Say("three");
  const auto next = tap->Next();
  ASSERT_TRUE(next.ok() && next->has_value());
  ASSERT_EQ((*next)->frames_size(), 2);
  const Frame& frame = (*next)->frames(0);
  EXPECT_EQ(frame.payload(), "two");
  EXPECT_EQ(frame.size(), 3);
  EXPECT_EQ(frame.kind(), Frame::KIND_TEXT);
  EXPECT_EQ(frame.direction(), Frame::DIRECTION_IN);
  EXPECT_EQ(frame.time().seconds(), 3);
  EXPECT_EQ((*next)->frames(1).payload(), "three");
  EXPECT_THAT(Payloads(*tap), IsEmpty());
}

TEST_F(TapTest, MaxRecentHasADefaultAndBounds) {
  ASSERT_TRUE(Create("a").ok());
  for (int i = 0; i < 30; ++i) Say("x");
  EXPECT_EQ(Payloads(**registry_->Tap(Request("a"))).size(), 20u);
  EXPECT_EQ(Payloads(**registry_->Tap(Request("a", -1))).size(), 0u);
  for (const int bad : {-2, 1001}) {
    EXPECT_THAT(BadFields(registry_->Tap(Request("a", bad)).status()), ElementsAre("max_recent"));
  }
}

TEST_F(TapTest, EndsWhenTheSessionIsGone) {
  ASSERT_TRUE(Create("a").ok());
  const auto tap = *registry_->Tap(Request());
  Say("last words");
  int wakes = 0;
  ASSERT_TRUE(Delete("a").ok());
  tap->OnReady([&] { ++wakes; });
  EXPECT_EQ(wakes, 1);
  EXPECT_THAT((*tap->Next())->frames(0).payload(), "last words");
  EXPECT_TRUE(HasReason(tap->Next().status(), "SESSION_NOT_FOUND"));
  EXPECT_TRUE(HasReason(registry_->Tap(Request()).status(), "SESSION_NOT_FOUND"));
}

TEST_F(TapTest, ASlowReaderIsToldHowManyItHasMissed) {
  ASSERT_TRUE(Create("a").ok());
  const auto tap = *registry_->Tap(Request());
  for (int i = 0; i < 2048 + 7; ++i) Say("x");
  const auto next = tap->Next();
  EXPECT_EQ((*next)->dropped(), 7);
  EXPECT_EQ((*tap->Next())->dropped(), 0);
}

TEST_F(TapTest, LeavesSecretsOut) {
  secrets_.values["feed/token"] = "hunter2-hunter2";
  v1::Session session = SessionWithUrl("ws://peer/");
  v1::Header* header = session.mutable_spec()->add_headers();
  header->set_name("Authorization");
  header->set_value("Bearer ${secret:feed/token}");
  ASSERT_TRUE(Create(CreateRequest("a", session)).ok());
  const auto tap = *registry_->Tap(Request());
  Say("your token is hunter2-hunter2, right?");
  Say(R"({"sessionToken":"xyz"})");
  EXPECT_THAT(Payloads(*tap), ElementsAre("your token is <secret>, right?", R"({"sessionToken":"<secret>"})"));
  secrets_.values.clear();
  EXPECT_TRUE(HasReason(registry_->Tap(Request()).status(), "SECRET_UNREADABLE"));
}

TEST_F(TapTest, LeavesSecretsOfMessagesAndParametersOut) {
  secrets_.values["feed/password"] = "hunter2-hunter2";
  secrets_.values["feed/user"] = "nobody-knows-me";
  v1::Session session = SessionWithUrl("ws://peer/");
  session.mutable_spec()->add_open()->mutable_send()->set_text("login ${secret:feed/password}");
  (*session.mutable_spec()->mutable_parameters())["user"] = "${secret:feed/user}";
  v1::Beat& beat = *session.mutable_spec()->add_beats();
  beat.set_name("hello");
  beat.mutable_send()->set_text("hello ${user}");
  ASSERT_TRUE(Create(CreateRequest("a", session)).ok());
  const auto tap = *registry_->Tap(Request());
  Say("welcome nobody-knows-me, hunter2-hunter2 is right");
  EXPECT_THAT(Payloads(*tap), ElementsAre("welcome <secret>, <secret> is right"));
  secrets_.values.erase("feed/user");
  EXPECT_TRUE(HasReason(registry_->Tap(Request()).status(), "SECRET_UNREADABLE"));
}

TEST_F(TapTest, CountsAsAWatch) {
  quotas_.SetLimits({.everyone = {.watches = 1}, .tenants = {}, .sessions_per_host = {}});
  ASSERT_TRUE(Create("a").ok());
  auto tap = *registry_->Tap(Request());
  EXPECT_TRUE(HasReason(registry_->Tap(Request()).status(), "QUOTA_EXCEEDED"));
  tap.reset();
  EXPECT_TRUE(registry_->Tap(Request()).ok());
}

TEST_F(TapTest, NamesAWrongName) {
  v1::TapSessionRequest request;
  request.set_name("a");
  EXPECT_THAT(BadFields(registry_->Tap(request).status()), ElementsAre("name"));
}

}  // namespace
}  // namespace holter::registry
