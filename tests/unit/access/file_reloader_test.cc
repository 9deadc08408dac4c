#include "access/file_reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "access/access_control.h"
#include "tests/support/temporary_directory.h"

namespace holter::access {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Remembers what was reloaded.
class RecordingObserver final : public OperationObserver {
 public:
  void OnStoreCommit(Duration /*took*/, size_t /*changes*/, bool /*ok*/) override {}
  void OnRpc(std::string_view /*method*/, std::string_view /*code*/, Duration /*took*/) override {}
  void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
  void OnException(std::string_view /*room*/) override {}
  void OnReload(std::string_view what, bool ok) override { reloads.emplace_back(what, ok); }

  std::vector<std::pair<std::string, bool>> reloads;
};

class FileReloaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    files_.Write("first.token", "first-token-of-the-test");
    files_.Write("access.yaml", "identities: [{name: a, tokens: [{file: first.token}]}]");
    auto opened = AccessControl::Open(files_ / "access.yaml");
    ASSERT_TRUE(opened.ok()) << opened.status();
    control_ = *std::move(opened);
    reloader_ = std::make_unique<FileReloader>(std::vector<Reloadable*>{control_.get()}, observer_);
    observer_.reloads.clear();
  }

  std::string Identify(std::string_view token) const {
    return std::string(control_->policy()->Identify({.token = DigestToken(token)}));
  }
  void Settle() {
    reloader_->Poll();
    reloader_->Poll();
  }

  holter::testing::TemporaryDirectory files_;
  RecordingObserver observer_;
  std::unique_ptr<AccessControl> control_;
  std::unique_ptr<FileReloader> reloader_;
};

TEST_F(FileReloaderTest, NothingIsReadWhenNothingChanges) {
  for (int i = 0; i < 100; ++i) reloader_->Poll();
  EXPECT_THAT(observer_.reloads, ElementsAre());
  EXPECT_EQ(control_->generation(), 1);
}

TEST_F(FileReloaderTest, AChangeIsTakenWhenItHasSettled) {
  files_.Write("access.yaml", "identities: [{name: b, tokens: [{file: first.token}]}]");
  reloader_->Poll();
  EXPECT_EQ(Identify("first-token-of-the-test"), "a") << "the other files may be on their way";
  reloader_->Poll();
  EXPECT_EQ(Identify("first-token-of-the-test"), "b");
  EXPECT_THAT(observer_.reloads, ElementsAre(Pair("access", true)));
}

TEST_F(FileReloaderTest, ATokenFileIsFollowedToo) {
  files_.Write("first.token", "another-token-of-the-test");
  Settle();
  EXPECT_EQ(Identify("first-token-of-the-test"), "");
  EXPECT_EQ(Identify("another-token-of-the-test"), "a");
}

TEST_F(FileReloaderTest, FilesOfALaterVersionAreFollowed) {
  files_.Write("second.token", "second-token-of-the-test");
  files_.Write("access.yaml", "identities: [{name: a, tokens: [{file: second.token}]}]");
  Settle();
  EXPECT_EQ(Identify("second-token-of-the-test"), "a");
  files_.Write("second.token", "third-token-of-the-test");
  Settle();
  EXPECT_EQ(Identify("third-token-of-the-test"), "a");
}

TEST_F(FileReloaderTest, WhatIsBrokenLeavesWhatWasBefore) {
  files_.Write("access.yaml", "identities: [{name: a, tokens: [{file: late.token}]}]");
  Settle();
  EXPECT_EQ(Identify("first-token-of-the-test"), "a");
  EXPECT_EQ(control_->generation(), 1);
  EXPECT_THAT(observer_.reloads, ElementsAre(Pair("access", false)));
  // The reason lies in a file that nobody follows yet.
  files_.Write("late.token", "late-token-of-the-test");
  for (int i = 0; i < FileReloader::kPollsPerRetry; ++i) reloader_->Poll();
  EXPECT_EQ(Identify("late-token-of-the-test"), "a");
  EXPECT_EQ(Identify("first-token-of-the-test"), "");
  EXPECT_THAT(observer_.reloads, ElementsAre(Pair("access", false), Pair("access", true)));
}

TEST_F(FileReloaderTest, AFileThatGoesLeavesWhatWasBefore) {
  std::filesystem::remove(files_ / "access.yaml");
  Settle();
  EXPECT_EQ(Identify("first-token-of-the-test"), "a");
  EXPECT_THAT(observer_.reloads, ElementsAre(Pair("access", false)));
}

TEST_F(FileReloaderTest, ALinkThatLeadsElsewhereIsAChange) {
  std::filesystem::create_directory(files_ / "one");
  std::filesystem::create_directory(files_ / "two");
  files_.Write("one/access.yaml", "identities: [{name: x, tokens: [{file: ../first.token}]}]");
  files_.Write("two/access.yaml", "identities: [{name: y, tokens: [{file: ../first.token}]}]");
  std::filesystem::create_symlink("one", files_ / "current");
  control_ = *AccessControl::Open(files_ / "current/access.yaml");
  FileReloader reloader({control_.get()}, observer_);
  std::filesystem::create_symlink("two", files_ / "next");
  std::filesystem::rename(files_ / "next", files_ / "current");
  reloader.Poll();
  reloader.Poll();
  EXPECT_EQ(Identify("first-token-of-the-test"), "y");
}

TEST_F(FileReloaderTest, ItIsReadWhenItIsAskedFor) {
  files_.Write("access.yaml", "identities: [{name: b, tokens: [{file: first.token}]}]");
  reloader_->ReloadAll();
  EXPECT_EQ(Identify("first-token-of-the-test"), "b");
}

}  // namespace
}  // namespace holter::access
