// What becomes of holterd when its disk takes no more, or never took anything.
#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "holter/status.h"
#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;

// Runs a program that may make no large file.
std::vector<std::string> LimitedFiles() { return {"prlimit", "--fsize=131072:unlimited"}; }

class DiskTest : public EndToEndTest {
 protected:
  static v1::Session Small(int i) {
    v1::Session session;
    session.set_name(NameOf("more-" + std::to_string(i)));
    session.mutable_spec()->set_url("ws://127.0.0.1:1/");
    session.mutable_spec()->mutable_reconnect()->set_first_delay("30s");
    return session;
  }

  void LiftFileSizeLimit() const {
    const rlimit unlimited{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    ASSERT_EQ(prlimit(daemon->process().pid(), RLIMIT_FSIZE, &unlimited, nullptr), 0);
  }

  // Declares until the store is full; returns how many it took.
  int DeclareUntilFull() {
    for (int i = 0; i < 100'000; ++i) {
      const auto created = client->Create(Small(i));
      if (created.ok()) continue;
      EXPECT_TRUE(absl::IsResourceExhausted(created.status())) << created.status();
      EXPECT_EQ(client::ReasonOf(created.status()), "STORE_FULL") << created.status();
      return i;
    }
    ADD_FAILURE() << "the disk does not get full";
    return 0;
  }

  void ExpectFullButAlive() {
    EXPECT_EQ(daemon->Http("/readyz"), "ok\nwarning: STORE_FULL: the store takes no changes; sessions go on\n");
    EXPECT_EQ(Largest("holter_store_degraded"), 1);
    AwaitHealthy("feed", StatusOf("feed").beats(0).acked() + 5);
  }

  void ExpectTakesChangesByItself() {
    EXPECT_TRUE(Await([&] { return daemon->Http("/readyz") == "ok\n"; }));
    EXPECT_EQ(Largest("holter_store_degraded"), 0);
    const auto created = client->Create(Small(1'000'000));
    EXPECT_TRUE(created.ok()) << created.status();
  }

  void Restart() {
    daemon->process().Signal(SIGKILL);
    ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
    daemon->Start();
    EXPECT_TRUE(Await([&] { return client->Get(NameOf("feed")).ok(); }));
  }

  size_t CountSessions() {
    const auto sessions = client->List("tenants/-");
    EXPECT_TRUE(sessions.ok()) << sessions.status();
    return sessions.ok() ? sessions->size() : 0;
  }

  // How holterd ends that cannot start, and its one line.
  std::string RefusedStart(const std::string& data_dir, std::vector<std::string> command = {}) {
    for (const std::string& word :
         {std::string(HOLTERD_BINARY), std::string("--grpc-listen=127.0.0.1:0"),
          std::string("--http-listen=127.0.0.1:0"), "--data-dir=" + data_dir, std::string("--log-level=error")}) {
      command.push_back(word);
    }
    ChildProcess process(command, scratch.path());
    const auto report = process.Wait(kPatience);
    EXPECT_EQ(report.has_value() ? report->code : -1, 1);
    const std::string said = process.Out() + process.Err();
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    return said;
  }
};

// A limit on file sizes stands for a disk: needs no rights, and ends when the test says so.
TEST_F(DiskTest, AFullStoreRefusesChangesAndSessionsGoOn) {
  Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon(nullptr, {}, LimitedFiles());
  Declare("feed", peer.Url());
  AwaitHealthy("feed");
  const ChangeRecorder recorder(*client);
  const int taken = DeclareUntilFull();
  EXPECT_GT(taken, 0);
  ExpectFullButAlive();
  EXPECT_EQ(client::ReasonOf(client->Delete(NameOf("feed"))), "STORE_FULL");
  EXPECT_EQ(CountSessions(), static_cast<size_t>(taken) + 1);

  // Watch goes on.
  const SystemTime died = std::chrono::system_clock::now();
  peer.Kill();
  recorder.Await(NameOf("feed"), died, [](const auto& status) { return status.health() == v1::HEALTH_DOWN; });
  peer.Restart();
  recorder.Await(NameOf("feed"), died, [](const auto& status) { return status.health() == v1::HEALTH_HEALTHY; });

  LiftFileSizeLimit();
  ExpectTakesChangesByItself();
  Restart();
  EXPECT_EQ(CountSessions(), static_cast<size_t>(taken) + 2) << "what was refused is not there, what was taken is";
}

// A disk of its own where the machine lets the test mount one; else the nearest that needs no rights: a limit on file
// sizes, and a directory that its user may not write.
class SmallDiskTest : public DiskTest {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(data_);
    is_mounted_ = ::mount("holter-test", data_.c_str(), "tmpfs", 0, "size=512k") == 0;
  }
  void TearDown() override {
    daemon.reset();
    if (is_mounted_) ::umount2(data_.c_str(), MNT_DETACH);
  }

  // Takes the rest of the disk.
  void FillUp() const {
    if (!is_mounted_) return;  // the limit holds from the start
    std::ofstream filler(data_ + "/filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }

  void MakeRoom() const {
    if (is_mounted_) {
      std::filesystem::remove(data_ + "/filler");
    } else {
      LiftFileSizeLimit();
    }
  }

  // What a start says over a disk that is read-only.
  std::string RefusedReadOnlyStart() {
    if (is_mounted_) {
      EXPECT_EQ(::mount(nullptr, data_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
      return RefusedStart(data_);
    }
    using std::filesystem::perms;
    const perms read_only = perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec;
    std::filesystem::permissions(data_, read_only);
    std::filesystem::permissions(scratch.path(), perms::others_exec, std::filesystem::perm_options::add);
    if (::geteuid() != 0) return RefusedStart(data_);
    return RefusedStart(data_, {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  }

  const std::string data_ = scratch.path() + "/data";
  bool is_mounted_ = false;
};

TEST_F(SmallDiskTest, HolterdStartsAndBeatsOnAFullDisk) {
  Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon(nullptr, {}, is_mounted_ ? std::vector<std::string>() : LimitedFiles());
  Declare("feed", peer.Url());
  AwaitHealthy("feed");
  FillUp();
  const int taken = DeclareUntilFull();
  ExpectFullButAlive();
  Restart();
  AwaitHealthy("feed");
  EXPECT_EQ(CountSessions(), static_cast<size_t>(taken) + 1);
  EXPECT_EQ(client::ReasonOf(client->Delete(NameOf("feed"))), "STORE_FULL");
  ExpectFullButAlive();
  MakeRoom();
  ExpectTakesChangesByItself();
}

TEST_F(SmallDiskTest, ADirectoryThatIsReadOnlyIsOneLineAtTheStart) {
  EXPECT_THAT(RefusedReadOnlyStart(),
              HasSubstr(data_ + "/holter.lock: " + (is_mounted_ ? "Read-only file system" : "Permission denied")));
}

TEST_F(SmallDiskTest, AStoreThatBecameReadOnlyIsOneLineAtTheStart) {
  StartDaemon();
  daemon->process().Signal(SIGTERM);
  ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  EXPECT_THAT(RefusedReadOnlyStart(), HasSubstr(is_mounted_ ? "Read-only file system" : "Permission denied"));
}

// The files live on, but nobody would find again what is written to them.
TEST_F(DiskTest, ADirectoryThatIsRemovedTakesNoChangesAndSessionsGoOn) {
  Peer peer(PeerKind::kPython, scratch, nullptr);
  StartDaemon();
  Declare("feed", peer.Url());
  AwaitHealthy("feed");
  std::filesystem::rename(scratch.path() + "/data", scratch.path() + "/elsewhere");
  const absl::Status status = client->Create(Small(0)).status();
  EXPECT_EQ(client::ReasonOf(status), "STORE_FAILED") << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("removed or replaced"));
  EXPECT_EQ(daemon->Http("/readyz"), "ok\nwarning: STORE_FAILED: the store takes no changes; sessions go on\n");
  AwaitHealthy("feed", StatusOf("feed").beats(0).acked() + 5);
  std::filesystem::rename(scratch.path() + "/elsewhere", scratch.path() + "/data");
  ExpectTakesChangesByItself();
}

TEST_F(DiskTest, ADirectoryThatCannotBeMadeIsOneLineAtTheStart) {
  scratch.Write("file", "");
  EXPECT_THAT(RefusedStart(scratch.path() + "/file/data"), HasSubstr(scratch.path() + "/file/data"));
  EXPECT_THAT(RefusedStart("/proc/holter/data"), HasSubstr("/proc/holter: No such file"));
}

}  // namespace
}  // namespace holter::integration
