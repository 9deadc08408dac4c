// The daemon from outside: what survives, how it stops, what being stopped does to it.
#include <signal.h>

#include <algorithm>

#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kSessions = 10;
constexpr int kLate = 3;

class DaemonTest : public EndToEndTest {
 protected:
  void SetUp() override {
    peer_ = std::make_unique<Peer>(PeerKind::kPython, scratch, nullptr);
    StartDaemon();
    for (int i = 0; i < kSessions; ++i) Declare(Id(i), peer_->Url());
    AwaitHealthy(Id(0));
  }

  static std::string Id(int i) { return "feed-" + std::to_string(i); }

  std::vector<std::string> UidsOfAll() {
    const auto sessions = client->List("tenants/-");
    EXPECT_TRUE(sessions.ok()) << sessions.status();
    std::vector<std::string> uids;
    if (sessions.ok()) {
      for (const v1::Session& session : *sessions)
        uids.push_back(session.name() + " " + session.uid() + " " + session.etag());
    }
    return uids;
  }

  std::unique_ptr<Peer> peer_;
};

TEST_F(DaemonTest, SessionsSurviveAKill) {
  const std::vector<std::string> before = UidsOfAll();
  ASSERT_EQ(before.size(), static_cast<size_t>(kSessions));
  daemon->process().Signal(SIGKILL);
  ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  daemon->Start();
  EXPECT_TRUE(Await([&] { return client->Get(NameOf(Id(0))).ok(); }));
  EXPECT_EQ(UidsOfAll(), before);
  for (int i = 0; i < kSessions; ++i) AwaitHealthy(Id(i));
}

TEST_F(DaemonTest, SessionsSurviveARestartAndAWatchGoesOn) {
  const std::vector<std::string> before = UidsOfAll();
  const ChangeRecorder recorder(*client);
  const auto snapshots = [&] {
    const std::vector<v1::SessionChange> changes = recorder.Of(NameOf(Id(0)));
    return std::count_if(changes.begin(), changes.end(),
                         [](const auto& change) { return change.kind() == v1::SessionChange::KIND_SNAPSHOT; });
  };
  EXPECT_TRUE(Await([&] { return snapshots() == 1; }));
  daemon->process().Signal(SIGTERM);
  const auto report = daemon->process().Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 0) << daemon->process().Err();
  daemon->Start();
  EXPECT_TRUE(Await([&] { return client->Get(NameOf(Id(0))).ok(); }));
  EXPECT_EQ(UidsOfAll(), before);
  // The token is older than the daemon, so the watch is told to forget, and asks for a snapshot by itself.
  EXPECT_TRUE(Await([&] { return snapshots() == 2; })) << recorder.failure();
  EXPECT_GE(recorder.resets(), 1);
}

TEST_F(DaemonTest, EndsWithinFiveSecondsOfSigterm) {
  peer_->Freeze();  // nobody answers a close frame
  const auto begin = steady_clock::now();
  daemon->process().Signal(SIGTERM);
  const auto report = daemon->process().Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 0) << daemon->process().Err();
  EXPECT_LT(steady_clock::now() - begin, seconds(5));
}

TEST_F(DaemonTest, ADeletedSessionIsGone) {
  ASSERT_TRUE(client->Delete(NameOf(Id(1))).ok());
  EXPECT_TRUE(absl::IsNotFound(client->Get(NameOf(Id(1))).status()));
  EXPECT_EQ(daemon->Http("/metrics").find(Id(1)), std::string::npos);
  daemon->process().Signal(SIGKILL);
  ASSERT_TRUE(daemon->process().Wait(kPatience).has_value());
  daemon->Start();
  EXPECT_TRUE(Await([&] { return client->Get(NameOf(Id(0))).ok(); }));
  EXPECT_TRUE(absl::IsNotFound(client->Get(NameOf(Id(1))).status())) << "a deletion is on disk when it is acknowledged";
}

// The clocks of a stopped process go on: every deadline has passed when it continues, and none of it is the peer's
// fault. Neither of one whose answers wait to be read, nor of one that has not answered by then: it is judged by a
// fresh beat.
TEST_F(DaemonTest, NobodyIsDeclaredDeadBecauseTheDaemonWasStopped) {
  const Peer late(PeerKind::kPython, scratch, nullptr);
  for (int i = kSessions; i < kSessions + kLate; ++i) Declare(Id(i), late.Url());
  for (int i = 0; i < kSessions + kLate; ++i) AwaitHealthy(Id(i), 3);
  const ChangeRecorder recorder(*client);
  EXPECT_TRUE(Await([&] { return !recorder.Of(NameOf(Id(kSessions + kLate - 1))).empty(); }));
  constexpr seconds kStopped(10);  // of the timeout: ten times
  late.Freeze();
  std::this_thread::sleep_for(2 * kInterval);  // beats go out that nobody answers
  daemon->process().Signal(SIGSTOP);
  std::this_thread::sleep_for(kStopped);
  daemon->process().Signal(SIGCONT);
  std::this_thread::sleep_for(2 * kInterval);  // the deadlines of those beats are judged
  late.Thaw();
  constexpr int kFreshBeats = 20;
  std::vector<int64_t> enough;
  for (int i = 0; i < kSessions + kLate; ++i) enough.push_back(StatusOf(Id(i)).beats(0).acked() + kFreshBeats);
  for (int i = 0; i < kSessions + kLate; ++i) AwaitHealthy(Id(i), enough[static_cast<size_t>(i)]);
  for (int i = 0; i < kSessions + kLate; ++i) {
    EXPECT_EQ(StatusOf(Id(i)).reconnects(), 0);
    for (const v1::SessionChange& change : recorder.Of(NameOf(Id(i)))) {
      EXPECT_EQ(change.session().status().health(), v1::HEALTH_HEALTHY) << change.DebugString();
    }
  }
  EXPECT_TRUE(Await([&] { return Largest("holter_loop_lag_seconds_sum") >= 9.0; }))
      << "the time in which nothing ran shows on /metrics";
}

}  // namespace
}  // namespace holter::integration
