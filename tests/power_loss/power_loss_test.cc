// Power is lost at random moments of random work. kill -9 tells nothing of this: the page cache outlives it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/operation_observer.h"
#include "store/store.h"
#include "tests/power_loss/forgetful_disk.h"
#include "tests/power_loss/lossy_vfs.h"
#include "tests/support/seed.h"
#include "tests/support/temporary_directory.h"

namespace holter::power_loss {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

constexpr const char* kLost = "other sessions than were acknowledged";

using Sessions = std::map<std::string, std::string>;

// The database that was opened last; the store's own is opened after the one that makes the file.
sqlite3* last_opened = nullptr;

int RememberDatabase(sqlite3* database, char** /*error*/, const sqlite3_api_routines* /*api*/) {
  last_opened = database;
  return SQLITE_OK;
}

// What a life of the store left, and what the next has to find.
struct Remains {
  DiskImage image;
  size_t acknowledged = 0;  // batches, of those handed in
};

enum class DiskKind { kVfs, kCalls };

struct LifeOptions {
  bool synchronous = true;
  bool torn = false;  // some of what was not synced is there all the same
};

class PowerLossTest : public ::testing::TestWithParam<DiskKind> {
 protected:
  static void SetUpTestSuite() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(RememberDatabase)); }
  static void TearDownTestSuite() { sqlite3_reset_auto_extension(); }
  void SetUp() override {
    if (GetParam() == DiskKind::kVfs) vfs_ = std::make_unique<LossyVfs>();
  }
  void TearDown() override {
    disk().Unfollow();
    ForgetfulDisk::Instance().IgnoreDirectorySyncs(false);
  }

  Disk& disk() {
    if (vfs_ != nullptr) return *vfs_;
    return ForgetfulDisk::Instance();
  }

  static int LivesFromEnvironment() {
    const char* const text = std::getenv("HOLTER_POWER_LOSS_LIVES");
    return text == nullptr ? 60 : std::atoi(text);
  }

  // Lives one life after the other, each from what the one before left. Returns what was wrong, if anything.
  std::optional<std::string> Live(int lives, const LifeOptions& options) {
    DiskImage image;
    possible_ = {Sessions{}};
    for (int life = 0; life < lives; ++life) {
      const holter::testing::TemporaryDirectory root;
      Restore(image, root.path());
      std::optional<std::string> wrong = LiveOnce(root.path(), options, image);
      if (wrong) return fmt::format("life {}: {}", life, *wrong);
    }
    return std::nullopt;
  }

  // How often the store was opened over an image that held acknowledged batches.
  int tested_ = 0;

 private:
  std::optional<std::string> LiveOnce(const std::string& root, const LifeOptions& options, DiskImage& image);
  std::vector<store::Change> RandomBatch(Sessions& sessions);

  std::unique_ptr<LossyVfs> vfs_;
  Random random_{holter::testing::TestSeed()};
  // What may be stored: with the last acknowledged batch, and with each that was handed in behind it.
  std::vector<Sessions> possible_;
};

std::vector<store::Change> PowerLossTest::RandomBatch(Sessions& sessions) {
  std::vector<store::Change> changes;
  for (uint64_t i = 0, size = 1 + random_() % 8; i < size; ++i) {
    const std::string name = "session-" + std::to_string(random_() % 40);
    if (random_() % 4 == 0) {
      changes.push_back(store::DeleteChange{name});
      sessions.erase(name);
    } else {
      const std::string declaration = std::to_string(random_()) + std::string(random_() % 3000, 'd');
      changes.push_back(store::PutChange{{.name = name, .declaration = declaration}});
      sessions[name] = declaration;
    }
  }
  return changes;
}

std::optional<std::string> PowerLossTest::LiveOnce(const std::string& root, const LifeOptions& options,
                                                   DiskImage& image) {
  Disk& disk = this->disk();
  // While the store opens, while it works, or behind its last change, when it has closed.
  constexpr std::array<uint64_t, 3> kLatest = {30, 600, 6000};
  const auto moment = static_cast<int64_t>(1 + random_() % kLatest.at(random_() % kLatest.size()));
  Random torn(random_());
  size_t acknowledged = 0;  // the store's thread's
  std::optional<Remains> remains;
  const auto lose_power = [&] {
    if (!remains) remains = {.image = disk.Image(options.torn ? &torn : nullptr), .acknowledged = acknowledged};
  };
  disk.Follow(root, [&](int64_t change) {
    if (change == moment) lose_power();
  });

  auto store = store::OpenSqliteStore(root + "/data", NullOperationObserver());
  if (!store.ok()) return store.status().ToString();
  if (!options.synchronous) sqlite3_exec(last_opened, "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
  const auto loaded = (*store)->Load();
  if (!loaded.ok()) return loaded.status().ToString();
  Sessions sessions;
  for (const store::StoredSession& session : *loaded) sessions[session.name] = session.declaration;
  if (std::find(possible_.begin(), possible_.end(), sessions) == possible_.end()) {
    return fmt::format("{}: {} in place of {}", kLost, sessions.size(), possible_.front().size());
  }
  if (!possible_.front().empty()) ++tested_;

  std::vector<Sessions> history = {sessions};
  for (int i = 0; i < 60; ++i) {
    const bool waits = random_() % 2 == 0;
    absl::Notification done;
    (*store)->Commit(RandomBatch(sessions), [&, waits](const absl::Status& status) {
      if (status.ok()) ++acknowledged;
      if (waits) done.Notify();
    });
    history.push_back(sessions);
    if (waits) done.WaitForNotification();
  }
  store->reset();  // closing is work too, in which power may be lost
  {
    const std::lock_guard lock(disk.mutex());
    lose_power();
  }
  disk.Unfollow();
  image = std::move(remains->image);
  possible_.assign(history.begin() + static_cast<std::ptrdiff_t>(remains->acknowledged), history.end());
  return std::nullopt;
}

TEST_P(PowerLossTest, NothingAcknowledgedIsMissing) {
  EXPECT_EQ(Live(LivesFromEnvironment(), {}), std::nullopt);
  EXPECT_GT(tested_, LivesFromEnvironment() / 2);
}

TEST_P(PowerLossTest, NothingAcknowledgedIsMissingWhenSomeOfTheRestIsThere) {
  EXPECT_EQ(Live(LivesFromEnvironment(), {.torn = true}), std::nullopt);
  EXPECT_GT(tested_, LivesFromEnvironment() / 2);
}

// The controls: the same work, with a store that does not sync, and with a disk that does not keep names.
TEST_P(PowerLossTest, AStoreThatDoesNotSyncIsFoundOut) {
  EXPECT_THAT(Live(LivesFromEnvironment(), {.synchronous = false}), Optional(HasSubstr(kLost)));
}

INSTANTIATE_TEST_SUITE_P(Disks, PowerLossTest, ::testing::Values(DiskKind::kVfs, DiskKind::kCalls),
                         [](const auto& kind) { return kind.param == DiskKind::kVfs ? "Vfs" : "Calls"; });

// Only calls of the system tell of names.
class NamesLossTest : public PowerLossTest {};

TEST_P(NamesLossTest, NamesThatAreNotSyncedAreFoundOut) {
  ForgetfulDisk::Instance().IgnoreDirectorySyncs(true);
  EXPECT_THAT(Live(LivesFromEnvironment(), {}), Optional(HasSubstr(kLost)));
}

INSTANTIATE_TEST_SUITE_P(Disks, NamesLossTest, ::testing::Values(DiskKind::kCalls));

}  // namespace
}  // namespace holter::power_loss
