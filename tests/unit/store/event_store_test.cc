#include "store/event_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temporary_directory.h"

namespace holter::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

WallTime At(int seconds) { return WallTime(std::chrono::seconds(seconds)); }

class EventStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<EventStore> Open(const EventOptions& bounds = {}) {
    auto store = OpenSqliteEventStore(directory_.path(), bounds);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  static StoredEvent Event(const std::string& session, int seconds, int reason = 1) {
    return {.tenant = "acme",
            .session = session,
            .time = At(seconds),
            .reason = reason,
            .content = session + "@" + std::to_string(seconds)};
  }

  static std::vector<std::string> Contents(EventStore& store, EventQuery query) {
    if (query.tenant.empty()) query.tenant = "acme";
    const auto found = store.Find(query);
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> contents;
    if (found.ok()) {
      for (const FoundEvent& event : *found) contents.push_back(event.event.content);
    }
    return contents;
  }

  holter::testing::TemporaryDirectory directory_;
};

TEST_F(EventStoreTest, TellsTheNewestFirstAlsoAfterARestart) {
  {
    const auto store = Open();
    store->Append(Event("a", 1));
    store->Append(Event("b", 2));
    store->Append(Event("a", 3));
    EXPECT_THAT(Contents(*store, {.session = "a"}), ElementsAre("a@3", "a@1"));
  }
  const auto store = Open();
  store->Append(Event("c", 4));
  EXPECT_THAT(Contents(*store, {}), ElementsAre("c@4", "a@3", "b@2", "a@1"));
  const auto found = store->Find({.tenant = "acme", .session = "b"});
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ(found->front().event.session, "b");
  EXPECT_EQ(found->front().event.time, At(2));
  EXPECT_EQ(found->front().event.reason, 1);
}

TEST_F(EventStoreTest, ChoosesByTenantTimeAndReason) {
  const auto store = Open();
  for (int i = 1; i <= 6; ++i) store->Append(Event("a", i, i % 3));
  StoredEvent other = Event("a", 7);
  other.tenant = "other";
  store->Append(other);
  EXPECT_THAT(Contents(*store, {.since = At(2), .until = At(5)}), ElementsAre("a@4", "a@3", "a@2"));
  EXPECT_THAT(Contents(*store, {.reasons = {0, 2}}), ElementsAre("a@6", "a@5", "a@3", "a@2"));
  EXPECT_THAT(Contents(*store, {.tenant = "other"}), ElementsAre("a@7"));
  EXPECT_THAT(Contents(*store, {.tenant = "nobody"}), IsEmpty());
}

TEST_F(EventStoreTest, GoesOnBehindAPage) {
  const auto store = Open();
  for (int i = 1; i <= 5; ++i) store->Append(Event("a", i));
  const auto page = store->Find({.tenant = "acme", .limit = 2});
  ASSERT_THAT(*page, SizeIs(2));
  store->Append(Event("a", 6));  // does not shift the pages
  EXPECT_THAT(Contents(*store, {.before = page->back().id, .limit = 2}), ElementsAre("a@3", "a@2"));
}

TEST_F(EventStoreTest, ForgetsTheOldestOfASession) {
  const auto store = Open({.per_session = 3});
  for (int i = 1; i <= 10; ++i) store->Append(Event("a", i));
  store->Append(Event("b", 11));
  EXPECT_THAT(Contents(*store, {}), ElementsAre("b@11", "a@10", "a@9", "a@8"));
}

TEST_F(EventStoreTest, ForgetsTheOldestOfATenantAlsoAfterARestart) {
  for (int round = 0; round < 3; ++round) {
    const auto store = Open({.per_session = 3, .per_tenant = 20});
    for (int i = 0; i < 40; ++i) store->Append(Event("s" + std::to_string(i), 100 * round + i));
    const std::vector<std::string> kept = Contents(*store, {.limit = 1000});
    EXPECT_GE(kept.size(), 20);
    EXPECT_LE(kept.size(), 22);
    EXPECT_EQ(kept.front(), "s39@" + std::to_string(100 * round + 39));
  }
}

TEST_F(EventStoreTest, ADamagedFileIsPutAside) {
  {
    const auto store = Open();
    store->Append(Event("a", 1));
  }
  directory_.Write("holter-events.db", std::string(10000, 'x'));
  const auto store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_THAT(Contents(*store, {}), IsEmpty());
  EXPECT_EQ(directory_.Read("holter-events.db-damaged"), std::string(10000, 'x'));
  store->Append(Event("a", 2));
  EXPECT_THAT(Contents(*store, {}), ElementsAre("a@2"));
}

TEST_F(EventStoreTest, AFileOfANewerVersionIsPutAside) {
  { Open()->Append(Event("a", 1)); }
  {
    SQLite::Database database(directory_ / "holter-events.db", SQLite::OPEN_READWRITE);
    database.exec("PRAGMA user_version=2");
  }
  EXPECT_THAT(Contents(*Open(), {}), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(directory_ / "holter-events.db-damaged"));
}

TEST_F(EventStoreTest, DropsAndCountsWhatCannotWait) {
  size_t dropped = 0;
  const auto store = Open({.waiting = 0, .on_dropped = [&](size_t events) { dropped += events; }});
  store->Append(Event("a", 1));
  EXPECT_EQ(dropped, 1);
  EXPECT_THAT(Contents(*store, {}), IsEmpty());
}

TEST_F(EventStoreTest, InMemoryItIsTheSame) {
  auto store = MakeMemoryEventStore({.per_session = 2});
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 1; i <= 3; ++i) (*store)->Append(Event("a", i));
  EXPECT_THAT(Contents(**store, {}), ElementsAre("a@3", "a@2"));
}

}  // namespace
}  // namespace holter::store
