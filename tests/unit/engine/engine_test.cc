#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "engine/event_loop.h"
#include "tests/support/stepped_channel.h"
#include "tests/unit/engine/recording_observer.h"

namespace holter::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EngineTest : public ::testing::Test {
 protected:
  void Create(EngineOptions options = Lifted()) {
    options.transport.operations = &operations;
    options.make_channel_factory = [this](boost::asio::io_context&) { return network.MakeFactory(); };
    auto created = Engine::Create(options);
    ASSERT_TRUE(created.ok()) << created.status();
    engine = *std::move(created);
  }

  // No limits but room for ten sessions.
  static EngineOptions Lifted() {
    EngineOptions options;
    options.loops = 2;
    options.connect_rate = 0;
    options.connect_in_flight = 0;
    options.file_limit = 256 + 10;
    options.seed = 7;
    return options;
  }

  SessionHandle Begin(const std::string& url = "ws://peer.example/") {
    EXPECT_TRUE(engine->Admit(1).ok());
    return engine->Begin(++last_id, {url, spec}, nullptr, nullptr);
  }

  // Runs `work` on the session's loop and waits for it.
  static void OnLoop(const SessionHandle& session, const std::function<void()>& work) {
    absl::Notification done;
    ASSERT_TRUE(session->loop->Post([&] {
      work();
      done.Notify();
    }));
    ASSERT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
  }

  // Declares `count` sessions and opens each.
  std::vector<SessionHandle> BeginOpen(size_t count) {
    std::vector<SessionHandle> sessions;
    for (size_t i = 0; i < count; ++i) {
      sessions.push_back(Begin());
      EXPECT_TRUE(network.AwaitDials(i + 1));
      OnLoop(sessions.back(), [&] { network.channel(i).Open(); });
    }
    return sessions;
  }

  static Duration TimeOf(const std::function<void()>& work) {
    const TimePoint begin = SystemClock().Now();
    work();
    return SystemClock().Now() - begin;
  }

  RecordingOperations operations;
  testing::SteppedNetwork network;
  std::shared_ptr<const core::SharedSpec> spec = std::make_shared<core::SharedSpec>();
  core::SessionId last_id = 0;
  std::unique_ptr<Engine> engine;  // goes before the network, which checks that nothing is left
};

TEST_F(EngineTest, AdmitsAsManyAsTheFilesAllow) {
  Create();
  EXPECT_EQ(engine->capacity().session_limit, 10u);
  EXPECT_TRUE(engine->Admit(8).ok());
  const absl::Status status = engine->Admit(3);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_TRUE(HasReason(status, "OPEN_FILES_EXHAUSTED"));
  engine->Unadmit(1);
  EXPECT_TRUE(engine->Admit(3).ok());
  EXPECT_EQ(engine->capacity().sessions, 10u);
}

TEST_F(EngineTest, RefusesALimitThatLeavesNothing) {
  EngineOptions options;
  options.file_limit = 256;
  EXPECT_TRUE(absl::IsFailedPrecondition(Engine::Create(options).status()));
}

TEST_F(EngineTest, RaisesTheLimitOfFilesByItself) {
  EngineOptions options = Lifted();
  options.file_limit = 0;
  Create(options);
  EXPECT_GT(engine->capacity().session_limit, 256u);
}

TEST_F(EngineTest, SpreadsSessionsOverItsLoops) {
  Create();
  std::set<EventLoop*> loops;
  for (int i = 0; i < 4; ++i) loops.insert(Begin()->loop);
  EXPECT_EQ(loops.size(), 2u);
}

TEST_F(EngineTest, AnEndedSessionIsGoneAndItsRoomIsFree) {
  Create();
  const std::vector<SessionHandle> sessions = BeginOpen(1);
  EXPECT_EQ(engine->capacity().sessions, 1u);
  absl::Notification gone;
  const Duration took = TimeOf([&] {
    engine->End(sessions[0], [&] { gone.Notify(); });
    ASSERT_TRUE(gone.WaitForNotificationWithTimeout(absl::Seconds(10)));
  });
  EXPECT_LT(took, milliseconds(100)) << "although its close handshake never ends";
  EXPECT_EQ(engine->capacity().sessions, 0u);
  EXPECT_EQ(network.channel(0).farewell()->code, 1000);
}

TEST_F(EngineTest, UpdatesASession) {
  Create();
  const std::vector<SessionHandle> sessions = BeginOpen(1);
  engine->Update(sessions[0], {"ws://other.example/", spec}, nullptr);
  ASSERT_TRUE(network.AwaitDials(2));
  EXPECT_EQ(network.channel(1).url(), "ws://other.example/");
}

TEST_F(EngineTest, APausedSessionTakesNeitherRoomNorSocket) {
  Create();
  std::vector<SessionHandle> sessions;
  for (int i = 0; i < 20; ++i) {  // twice as many as fit
    sessions.push_back(
        engine->Begin(++last_id, {.url = "ws://peer.example/", .shared = spec, .paused = true}, nullptr, nullptr));
    OnLoop(sessions.back(), [] {});
  }
  EXPECT_EQ(engine->capacity().sessions, 0u);
  EXPECT_EQ(engine->capacity().waiting + engine->capacity().dialing, 0u);
  EXPECT_EQ(network.dials(), 0u);
  EXPECT_EQ(sessions[0]->Snapshot().state, core::State::kPaused);
  absl::BlockingCounter gone(20);
  for (const SessionHandle& session : sessions) engine->End(session, [&] { gone.DecrementCount(); });
  gone.Wait();
  EXPECT_EQ(engine->capacity().sessions, 0u);
}

TEST_F(EngineTest, RoomFollowsPauseAndResume) {
  Create();
  const std::vector<SessionHandle> sessions = BeginOpen(1);
  engine->Update(sessions[0], {.url = "ws://peer.example/", .shared = spec, .paused = true}, nullptr);
  OnLoop(sessions[0], [] {});
  EXPECT_EQ(sessions[0]->Snapshot().state, core::State::kPaused);
  EXPECT_EQ(engine->capacity().sessions, 0u);
  EXPECT_EQ(network.channel(0).farewell()->manner, core::DropAction::Manner::kPolite);
  engine->Update(sessions[0], {.url = "ws://other.example/", .shared = spec, .paused = true}, nullptr);
  OnLoop(sessions[0], [] {});
  EXPECT_EQ(engine->capacity().sessions, 0u) << "it has no more to give back";
  ASSERT_TRUE(engine->Admit(1).ok());
  engine->Update(sessions[0], {"ws://other.example/", spec}, nullptr);
  ASSERT_TRUE(network.AwaitDials(2));
  EXPECT_EQ(network.channel(1).url(), "ws://other.example/");
  absl::Notification gone;
  engine->End(sessions[0], [&] { gone.Notify(); });
  gone.WaitForNotification();
  EXPECT_EQ(engine->capacity().sessions, 0u);
}

TEST_F(EngineTest, ReconnectsASession) {
  Create();
  const std::vector<SessionHandle> sessions = BeginOpen(1);
  engine->Reconnect(sessions[0], Duration::zero());
  ASSERT_TRUE(network.AwaitDials(2));
  EXPECT_EQ(network.channel(0).farewell()->manner, core::DropAction::Manner::kPolite);
}

TEST_F(EngineTest, DialsNoFasterThanTheRate) {
  EngineOptions options = Lifted();
  options.file_limit = 256 + 100;
  options.connect_rate = 100;
  Create(options);
  const Duration took = TimeOf([&] {
    for (int i = 0; i < 30; ++i) Begin();
    ASSERT_TRUE(network.AwaitDials(30));
  });
  // Five at once, the other 25 at a hundred a second.
  EXPECT_GE(took, milliseconds(240));
}

TEST_F(EngineTest, OpensThousandsQuicklyWhenNothingIsLimited) {
  EngineOptions options = Lifted();
  options.file_limit = 256 + 5000;
  Create(options);
  const Duration took = TimeOf([&] {
    for (int i = 0; i < 5000; ++i) Begin();
    ASSERT_TRUE(network.AwaitDials(5000));
  });
  EXPECT_LT(took, seconds(5));
}

TEST_F(EngineTest, ShutdownTakesLeaveOfAll) {
  Create();
  network.set_polite_at_once(true);
  const std::vector<SessionHandle> sessions = BeginOpen(6);
  const Duration took = TimeOf([&] { engine->Shutdown(seconds(10)); });
  EXPECT_LT(took, seconds(5)) << "nobody to wait for";
  for (size_t i = 0; i < sessions.size(); ++i) {
    ASSERT_TRUE(network.channel(i).farewell());
    EXPECT_EQ(network.channel(i).farewell()->manner, core::DropAction::Manner::kPolite);
    EXPECT_EQ(network.channel(i).farewell()->code, 1001);
  }
  EXPECT_EQ(network.shutdowns(), 2);
}

TEST_F(EngineTest, ShutdownWaitsForCloseHandshakes) {
  Create();
  const std::vector<SessionHandle> sessions = BeginOpen(1);
  SessionHandle session = sessions[0];
  // The peer's close frame comes after a while: when the loop has gone through some turns of its timer.
  std::function<void(int)> answer_after = [&](int turns) {
    if (network.channel(0).farewell() && turns == 0) {
      network.channel(0).EndLinger();
    } else {
      session->loop->Post([&, turns] { answer_after(network.channel(0).farewell() ? turns - 1 : turns); });
    }
  };
  session->loop->Post([&] { answer_after(1000); });
  const Duration took = TimeOf([&] { engine->Shutdown(seconds(30)); });
  EXPECT_LT(took, seconds(20));
  EXPECT_EQ(engine->capacity().open_files, 0u);
}

TEST_F(EngineTest, ShutdownIsBoundedByItsDeadline) {
  Create();
  const std::vector<SessionHandle> sessions = BeginOpen(2);
  const Duration took = TimeOf([&] { engine->Shutdown(milliseconds(200)); });
  EXPECT_GE(took, milliseconds(200)) << "it waits for the handshakes";
  EXPECT_LT(took, seconds(2)) << "but they never end";
  EXPECT_EQ(network.shutdowns(), 2);
}

TEST_F(EngineTest, NothingBeginsDuringAndAfterShutdown) {
  EngineOptions options = Lifted();
  options.connect_in_flight = 1;
  Create(options);
  Begin();
  ASSERT_TRUE(network.AwaitDials(1));
  Begin();  // waits for its turn
  ASSERT_TRUE(engine->Admit(1).ok());
  engine->Shutdown(Duration::zero());
  const SessionHandle late = engine->Begin(++last_id, {"ws://peer.example/", spec}, nullptr, nullptr);
  EXPECT_EQ(late->Snapshot().state, core::State::kConnecting);
  EXPECT_EQ(network.dials(), 1u) << "the governor was closed before the first attempt ended";
  EXPECT_TRUE(HasReason(engine->Admit(1), "SHUTTING_DOWN"));
}

TEST_F(EngineTest, EndAfterShutdownStillSaysDone) {
  Create();
  const SessionHandle session = Begin();
  engine->Shutdown(Duration::zero());
  bool done = false;
  engine->End(session, [&] { done = true; });
  EXPECT_TRUE(done);
}

TEST_F(EngineTest, AHandleMayOutliveTheEngine) {
  Create();
  const SessionHandle session = BeginOpen(1)[0];
  engine.reset();
  EXPECT_EQ(session->Snapshot().state, core::State::kOpen);
}

}  // namespace
}  // namespace holter::engine
