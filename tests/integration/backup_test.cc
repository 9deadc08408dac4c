// A store is backed up while it is used, damaged, and brought back, with the commands that holterd names.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;

class BackupTest : public EndToEndTest {
 protected:
  std::string data() const { return scratch.path() + "/data"; }

  void DeclareSmall(const std::string& id) {
    v1::Session session;
    session.set_name(NameOf(id));
    session.mutable_spec()->set_url("ws://127.0.0.1:1/" + id);
    const auto created = client->Create(session);
    ASSERT_TRUE(created.ok()) << created.status();
  }

  CliReport Holterd(const std::vector<std::string>& flags) {
    std::vector<std::string> argv = {HOLTERD_BINARY, "--data-dir=" + data(), "--grpc-listen=127.0.0.1:0",
                                     "--http-listen=127.0.0.1:0"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    ChildProcess process(argv, scratch.path());
    const auto report = process.Wait(kPatience);
    EXPECT_TRUE(report.has_value()) << "holterd does not end";
    return {report ? report->code : -1, process.Out(), process.Err()};
  }

  // The backup, once it is there.
  std::string AwaitBackup() {
    std::string path;
    EXPECT_TRUE(Await([&] {
      if (!std::filesystem::exists(scratch.path() + "/backups")) return false;
      for (const auto& entry : std::filesystem::directory_iterator(scratch.path() + "/backups")) {
        if (entry.path().extension() == ".db") path = entry.path();
      }
      return !path.empty();
    })) << daemon->process().Err();
    return path;
  }

  // Changes a byte of the declaration of `id` in the database.
  void Damage(const std::string& id) {
    std::string bytes = ReadFile(data() + "/holter.db");
    const size_t at = bytes.find("127.0.0.1:1/" + id);
    ASSERT_NE(at, std::string::npos);
    bytes[at] = '9';
    std::ofstream(data() + "/holter.db", std::ios::binary) << bytes;
  }

  void Stop() {
    daemon->process().Signal(SIGTERM);
    ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  }

  void StartAgain() {
    daemon->Start();
    EXPECT_TRUE(Await([&] { return client->Get(NameOf("one")).ok(); }));
  }
};

TEST_F(BackupTest, ADamagedStoreIsRefusedAndABackupHelps) {
  StartDaemon(nullptr, {"--backup-dir=" + scratch.path() + "/backups"});
  DeclareSmall("one");
  DeclareSmall("two");
  const std::string uid = client->Get(NameOf("two"))->uid();
  daemon->process().Signal(SIGUSR1);
  const std::string backup = AwaitBackup();
  DeclareSmall("three");
  Stop();
  Damage("two");

  const CliReport refused = Holterd({});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("does not agree with its checksum"));
  EXPECT_THAT(refused.err, HasSubstr("--data-dir=" + data() + " --restore-store=BACKUP"));
  EXPECT_EQ(Holterd({"--check-store"}).code, 1);

  const CliReport restored = Holterd({"--restore-store=" + backup});
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(restored.out, HasSubstr("The store is sound: 2 sessions."));
  EXPECT_EQ(Holterd({"--check-store"}).code, 0);
  StartAgain();
  EXPECT_EQ(client->Get(NameOf("two"))->uid(), uid);
  EXPECT_TRUE(absl::IsNotFound(client->Get(NameOf("three")).status()));
}

TEST_F(BackupTest, ADamagedStoreIsRepairedAsFarAsItIsWhole) {
  StartDaemon();
  DeclareSmall("one");
  DeclareSmall("two");
  const v1::Session before = *client->Get(NameOf("one"));
  Stop();
  Damage("two");
  const CliReport repaired = Holterd({"--repair-store"});
  EXPECT_EQ(repaired.code, 1) << "for something is lost";
  EXPECT_THAT(repaired.out, HasSubstr(NameOf("two") + " is lost"));
  StartAgain();
  EXPECT_EQ(client->Get(NameOf("one"))->uid(), before.uid());
  EXPECT_EQ(client->Get(NameOf("one"))->etag(), before.etag());
  EXPECT_EQ(client->List("tenants/-")->size(), 1);
  DeclareSmall("two");
}

TEST_F(BackupTest, WhatIsExportedCanBeImported) {
  StartDaemon();
  DeclareSmall("one");
  Declare("feed", "ws://127.0.0.1:1/feed");
  const v1::Session before = *client->Get(NameOf("feed"));
  const CliReport exported = Holter({"export"});
  ASSERT_EQ(exported.code, 0) << exported.err;
  Stop();
  std::filesystem::remove_all(data());
  daemon->Start();
  EXPECT_TRUE(Await([&] { return client->List("tenants/-").ok(); }));
  const CliReport imported = Holter({"import", "-f", "-"}, exported.out);
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(client->List("tenants/-")->size(), 2);
  EXPECT_EQ(client->Get(NameOf("feed"))->spec().DebugString(), before.spec().DebugString());
}

// SQLite alone would take what is left for all that there was.
TEST_F(BackupTest, ALogThatWasCutIsRefused) {
  StartDaemon();
  DeclareSmall("one");
  DeclareSmall("two");
  daemon->process().Signal(SIGKILL);
  ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  const std::string log = data() + "/holter.db-wal";
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 8000);
  const CliReport refused = Holterd({});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("commits up to number 2 were acknowledged, but only 1 are there"));
  EXPECT_THAT(refused.err, HasSubstr("--data-dir=" + data() + " --repair-store"));
  const CliReport repaired = Holterd({"--repair-store"});
  EXPECT_EQ(repaired.code, 1) << "for something is lost";
  EXPECT_THAT(repaired.out, HasSubstr("were acknowledged"));
  StartAgain();
  EXPECT_EQ(client->List("tenants/-")->size(), 1);
}

TEST_F(BackupTest, OneTaskAtATime) { EXPECT_EQ(Holterd({"--check-store", "--repair-store"}).code, 2); }

}  // namespace
}  // namespace holter::integration
