#include "access/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "tests/support/temporary_directory.h"

namespace holter::access {
namespace {

using ::testing::HasSubstr;

class LossCounter final : public OperationObserver {
 public:
  void OnStoreCommit(Duration /*took*/, size_t /*changes*/, bool /*ok*/) override {}
  void OnRpc(std::string_view /*method*/, std::string_view /*code*/, Duration /*took*/) override {}
  void OnLoopLag(int /*loop*/, Duration /*lag*/) override {}
  void OnException(std::string_view /*room*/) override {}
  void OnAuditLost(size_t records) override { lost += records; }

  std::atomic<size_t> lost{0};
};

AuditRecord RecordOf(std::string_view method) {
  return {.time = WallTime(std::chrono::milliseconds(1'700'000'000'123)),
          .identity = "deployer",
          .peer = "ipv4:127.0.0.1:5",
          .method = std::string(method),
          .resources = {"tenants/a/sessions/b", "tenants/a/sessions/c"},
          .code = "OK",
          .request_id = "1"};
}

class AuditLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open(const std::string& path) {
    auto log = AuditLog::Open(path, losses_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  holter::testing::TemporaryDirectory files_;
  LossCounter losses_;
};

TEST_F(AuditLogTest, ALineIsOneJsonObject) {
  EXPECT_EQ(AuditLine(RecordOf("Create\n\"Session")),
            R"({"time":"2023-11-14T22:13:20.123Z","identity":"deployer","peer":"ipv4:127.0.0.1:5",)"
            R"("method":"Create\n\"Session","resources":["tenants/a/sessions/b","tenants/a/sessions/c"],)"
            R"("code":"OK","request_id":"1"})");
}

TEST_F(AuditLogTest, WhatWasAddedIsInTheFileInOrder) {
  files_.Write("audit", "before\n");
  auto log = Open(files_ / "audit");
  log->Add(RecordOf("One"));
  log->Add(RecordOf("Two"));
  log.reset();
  EXPECT_EQ(files_.Read("audit"), "before\n" + AuditLine(RecordOf("One")) + "\n" + AuditLine(RecordOf("Two")) + "\n");
  EXPECT_EQ(losses_.lost, 0);
}

TEST_F(AuditLogTest, OnlyTheOwnerReadsIt) {
  Open(files_ / "audit");
  struct stat status {};
  ASSERT_EQ(stat((files_ / "audit").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
}

TEST_F(AuditLogTest, ItGoesOnInANewFile) {
  auto log = Open(files_ / "audit");
  log->Add(RecordOf("One"));
  while (std::filesystem::file_size(files_ / "audit") == 0) std::this_thread::yield();
  std::filesystem::rename(files_ / "audit", files_ / "audit.1");
  log->Reopen();
  log->Add(RecordOf("Two"));
  log.reset();
  EXPECT_EQ(files_.Read("audit.1"), AuditLine(RecordOf("One")) + "\n");
  EXPECT_EQ(files_.Read("audit"), AuditLine(RecordOf("Two")) + "\n");
}

TEST_F(AuditLogTest, WhatTheDiskDoesNotTakeIsCounted) {
  auto log = Open("/dev/full");
  log->Add(RecordOf("One"));
  log->Add(RecordOf("Two"));
  log.reset();
  EXPECT_EQ(losses_.lost, 2);
}

TEST_F(AuditLogTest, WhatCannotBeOpenedIsSaidAtOnce) {
  const auto log = AuditLog::Open(files_ / "no/such/folder", losses_);
  EXPECT_TRUE(HasReason(log.status(), "AUDIT_LOG_UNWRITABLE"));
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("no/such/folder"));
}

}  // namespace
}  // namespace holter::access
