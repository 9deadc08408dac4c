// Watches of some sessions, some fields, or only the last of what happened.
#include "tests/unit/registry/watch_fixture.h"

namespace holter::registry {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WatchViewTest : public WatchTest {
 protected:
  WatchViewTest() { request_.set_parent("tenants/-"); }

  std::unique_ptr<WatchReader> OpenView() {
    auto reader = registry_->Watch(request_);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }
  void CreateIn(const std::string& id, const std::string& group) {
    v1::Session session = SessionWithUrl("ws://" + id + "/");
    session.set_group(group);
    ASSERT_TRUE(Create(CreateRequest(id, std::move(session))).ok());
  }
  void MoveTo(const std::string& id, const std::string& group) {
    v1::Session session;
    session.set_name(FullName(id));
    session.set_group(group);
    ASSERT_TRUE(Update(session, {"group"}).ok());
  }

  v1::WatchSessionsRequest request_;
};

TEST_F(WatchViewTest, AFilterChoosesInSnapshotAndLog) {
  CreateIn("a", "wanted");
  CreateIn("b", "other");
  request_.set_filter("group = wanted");
  const auto reader = OpenView();
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("SNAPSHOT a", "SNAPSHOT_END"));
  Step("b");
  Step("b");
  CreateIn("c", "other");
  EXPECT_THAT(Drain(*reader), IsEmpty());
  CreateIn("d", "wanted");
  MoveTo("b", "wanted");
  MoveTo("a", "other");
  Step("a");
  Step("a");
  ASSERT_TRUE(Delete("a").ok());
  ASSERT_TRUE(Delete("d").ok());
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("DECLARED d", "DECLARED b", "LEFT a", "DELETED d"));
}

TEST_F(WatchViewTest, WhatBeginsToMatchByATransitionComesWhole) {
  CreateIn("a", "feeds");
  request_.set_filter("health = DOWN");
  const auto reader = OpenView();
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("SNAPSHOT_END"));
  Step("a");  // starts
  Step("a");  // opens
  EXPECT_THAT(Drain(*reader), IsEmpty());
  Step("a");  // is lost
  const std::vector<v1::SessionChange> changes = Drain(*reader);
  ASSERT_THAT(Words(changes), ElementsAre("DECLARED a"));
  EXPECT_EQ(changes[0].session().spec().url(), "ws://a/");
  EXPECT_EQ(changes[0].session().etag(), Get("a")->etag());
  EXPECT_EQ(changes[0].session().status().health(), v1::HEALTH_DOWN);
}

TEST_F(WatchViewTest, AFilteredWatchResumesAndIsToldWhatItMayHaveKnown) {
  CreateIn("a", "wanted");
  CreateIn("b", "wanted");
  request_.set_filter("group = wanted");
  std::string token;
  Drain(*OpenView(), &token);
  MoveTo("a", "other");
  MoveTo("a", "elsewhere");
  request_.set_resume_token(token);
  const auto resumed = OpenView();
  EXPECT_THAT(Words(Drain(*resumed)), ElementsAre("LEFT a"));
  Step("b");
  Step("b");
  EXPECT_THAT(Words(Drain(*resumed)), ElementsAre("DECLARED b"));
}

TEST_F(WatchViewTest, ASnapshotOfWhichNothingMatchesIsNotSentInEmptyPieces) {
  for (int i = 0; i < 40; ++i) {
    CreateIn("s" + std::to_string(i), "other");
  }
  CreateIn("z", "wanted");
  request_.set_filter("group = wanted");
  const auto reader = OpenView();
  EXPECT_THAT(Words(Drain(*reader, nullptr, 3)), ElementsAre("SNAPSHOT z", "SNAPSHOT_END"));
}

TEST_F(WatchViewTest, AMaskLeavesNameAndUid) {
  CreateIn("a", "feeds");
  request_.mutable_read_mask()->add_paths("status.health");
  const auto reader = OpenView();
  Step("a");
  Step("a");
  Step("a");
  for (const v1::SessionChange& change : Drain(*reader)) {
    if (change.kind() == v1::SessionChange::KIND_SNAPSHOT_END) continue;
    v1::Session expected;
    expected.set_name(FullName("a"));
    expected.set_uid(Get("a")->uid());
    expected.mutable_status()->set_health(change.session().status().health());
    EXPECT_EQ(change.session().ShortDebugString(), expected.ShortDebugString());
    EXPECT_NE(change.session().status().health(), v1::HEALTH_UNSPECIFIED);
  }
  request_.mutable_read_mask()->add_paths("*");
  EXPECT_FALSE(Drain(*OpenView())[0].session().etag().empty()) << "a star means everything";
}

TEST_F(WatchViewTest, ConflationKeepsTheLastOfEachSession) {
  request_.set_conflate(true);
  const auto reader = OpenView();
  Drain(*reader);
  CreateIn("a", "feeds");
  CreateIn("b", "feeds");
  for (const char* id : {"a", "b", "a", "b", "a"}) Step(id);
  MoveTo("b", "x");
  MoveTo("b", "y");
  ASSERT_TRUE(Delete("a").ok());
  const std::vector<v1::SessionChange> changes = Drain(*reader);
  EXPECT_THAT(Words(changes), ElementsAre("DECLARED b", "DELETED a"));
  EXPECT_EQ(changes[0].session().group(), "y");
  // A declaration says more than the transitions behind it, so both are told.
  CreateIn("c", "feeds");
  Step("c");
  Step("c");
  Step("c");
  EXPECT_THAT(Words(Drain(*reader)), ElementsAre("DECLARED c", "TRANSITION c BACKOFF/DOWN"));
}

TEST_F(WatchViewTest, WhoConflatesAndLagsBeginsAnew) {
  watch_history_ = 10;
  Restart();
  CreateIn("a", "feeds");
  request_.set_conflate(true);
  const auto reader = OpenView();
  std::string token;
  Drain(*reader, &token);
  for (int i = 0; i < 20; ++i) MoveTo("a", "g" + std::to_string(i));
  CreateIn("b", "feeds");
  const std::vector<v1::SessionChange> changes = Drain(*reader, &token);
  EXPECT_THAT(Words(changes), ElementsAre("RESET", "SNAPSHOT a", "SNAPSHOT b", "SNAPSHOT_END"));
  EXPECT_EQ(changes[1].session().group(), "g19");
  ASSERT_TRUE(Delete("b").ok());
  EXPECT_THAT(Words(Drain(*reader, &token)), ElementsAre("DELETED b"));
}

TEST_F(WatchViewTest, BookmarksAreDueWhenNothingWasToldAndCarryAFreshToken) {
  request_.set_filter("group = wanted");
  request_.mutable_bookmark_interval()->set_seconds(5);
  const auto reader = OpenView();
  std::string token;
  Drain(*reader, &token);
  EXPECT_FALSE(reader->BookmarkDue());
  engine_.manual_clock().Advance(seconds(4));
  EXPECT_FALSE(reader->BookmarkDue());
  CreateIn("a", "wanted");
  EXPECT_THAT(Drain(*reader), SizeIs(1));
  engine_.manual_clock().Advance(seconds(4));
  EXPECT_FALSE(reader->BookmarkDue()) << "something was told meanwhile";
  engine_.manual_clock().Advance(seconds(1));
  ASSERT_TRUE(reader->BookmarkDue());
  for (int i = 0; i < 3; ++i) CreateIn("b" + std::to_string(i), "other");
  EXPECT_THAT(reader->Bookmark().changes(), IsEmpty()) << "there is something to look at first";
  EXPECT_FALSE(reader->BookmarkDue());
  EXPECT_THAT(Drain(*reader), IsEmpty());
  const v1::WatchSessionsResponse bookmark = reader->Bookmark();
  ASSERT_THAT(bookmark.changes(), SizeIs(1));
  EXPECT_EQ(bookmark.changes(0).kind(), v1::SessionChange::KIND_BOOKMARK);
  EXPECT_FALSE(bookmark.changes(0).has_session());
  EXPECT_NE(bookmark.resume_token(), token);
  request_.set_resume_token(bookmark.resume_token());
  EXPECT_THAT(Drain(*OpenView()), IsEmpty());
}

TEST_F(WatchViewTest, NobodyGetsBookmarksWhoDidNotAsk) {
  const auto reader = OpenView();
  engine_.manual_clock().Advance(std::chrono::hours(24));
  EXPECT_FALSE(reader->BookmarkDue());
}

TEST_F(WatchViewTest, MistakesAreToldTogether) {
  request_.set_filter("colour = red");
  request_.mutable_read_mask()->add_paths("spec.colour");
  request_.mutable_bookmark_interval()->set_nanos(1000);
  EXPECT_THAT(BadFields(registry_->Watch(request_).status()), ElementsAre("filter", "read_mask", "bookmark_interval"));
  request_.mutable_bookmark_interval()->set_seconds(INT64_MAX);
  EXPECT_THAT(BadFields(registry_->Watch(request_).status()), ElementsAre("filter", "read_mask", "bookmark_interval"));
}

}  // namespace
}  // namespace holter::registry
