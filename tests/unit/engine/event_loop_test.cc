#include "engine/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "tests/unit/engine/loop_fixture.h"

namespace holter::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

class EventLoopTest : public LoopFixture {};

class NotedTimer final : public TimerEntry {
 public:
  explicit NotedTimer(EventLoop& loop) : loop_(loop) {}
  ~NotedTimer() override { loop_.Disarm(*this); }
  void OnTimer() override { fired.push_back(loop_.Now()); }
  std::vector<core::Tick> fired;

 private:
  EventLoop& loop_;
};

TEST_F(EventLoopTest, FiresAtTheDeadline) {
  NotedTimer timer(*loop);
  const TimePoint deadline = clock.Now() + milliseconds(1234);
  loop->Arm(timer, deadline);
  Advance(milliseconds(1233));
  EXPECT_TRUE(timer.fired.empty());
  Advance(milliseconds(2));
  ASSERT_EQ(timer.fired.size(), 1u);
  EXPECT_GE(timer.fired[0].now, deadline);
  EXPECT_LE(timer.fired[0].now, deadline + milliseconds(1));
  EXPECT_EQ(timer.fired[0].stalled_until, TimePoint::min());
}

TEST_F(EventLoopTest, FollowsACalendarThatIsSet) {
  EXPECT_EQ(loop->Now().wall, clock.WallNow());
  Advance(milliseconds(250));
  EXPECT_EQ(loop->Now().wall, clock.WallNow());
  clock.SetWall(clock.WallNow() - seconds(3600));
  Advance(EventLoop::kTickPeriod);
  EXPECT_EQ(loop->Now().wall, clock.WallNow());
}

TEST_F(EventLoopTest, TicksAndReportsItsLag) {
  Advance(seconds(1));
  EXPECT_EQ(operations.ticks, 10);
  EXPECT_EQ(operations.worst_lag, 0);
}

TEST_F(EventLoopTest, AnIdleLoopIsNotStarved) {
  Advance(seconds(3600));
  EXPECT_EQ(loop->Now().stalled_until, TimePoint::min());
}

TEST_F(EventLoopTest, ALittleLatenessIsNoStall) {
  Advance(milliseconds(90));
  clock.Advance(milliseconds(10) + EventLoop::kStallThreshold);
  EXPECT_EQ(loop->Now().stalled_until, TimePoint::min());
}

TEST_F(EventLoopTest, NoticesThatItWasStoppedWhicheverHandlerComesFirst) {
  NotedTimer timer(*loop);
  loop->Arm(timer, clock.Now() + seconds(5));
  clock.Advance(seconds(10));
  const TimePoint continued = clock.Now();
  // A handler of the network comes before the timer's.
  EXPECT_EQ(loop->Now().stalled_until, continued);
  clock.Advance(milliseconds(1));
  loop->Poll();
  ASSERT_EQ(timer.fired.size(), 1u);
  EXPECT_EQ(timer.fired[0].stalled_until, continued) << "one stall, not two";
  EXPECT_GE(Duration(operations.worst_lag), seconds(9));
  Advance(seconds(1));
  EXPECT_EQ(loop->Now().stalled_until, continued);
}

TEST_F(EventLoopTest, NoticesAHandlerThatTookTooLong) {
  loop->Post([this] {
    loop->Now();
    clock.Advance(seconds(1));  // it works that long
  });
  TimePoint stalled_until = TimePoint::min();
  loop->Post([&] { stalled_until = loop->Now().stalled_until; });
  loop->Poll();
  EXPECT_EQ(stalled_until, clock.Now());
}

TEST_F(EventLoopTest, NoticesALongRoundOfTimers) {
  class SlowTimer final : public TimerEntry {
   public:
    explicit SlowTimer(testing::ManualClock& clock) : clock_(clock) {}
    void OnTimer() override { clock_.Advance(milliseconds(200)); }

   private:
    testing::ManualClock& clock_;
  };
  SlowTimer slow(clock);
  NotedTimer after(*loop);
  loop->Arm(slow, clock.Now() + milliseconds(10));
  loop->Arm(after, clock.Now() + milliseconds(10) + Duration(1));
  clock.Advance(milliseconds(11));
  loop->Poll();
  ASSERT_EQ(after.fired.size(), 1u);
  EXPECT_EQ(after.fired[0].stalled_until, clock.Now());
}

TEST_F(EventLoopTest, ADeadlineInThePastIsNoStall) {
  NotedTimer timer(*loop);
  Advance(milliseconds(50));
  loop->Arm(timer, clock.Now() - seconds(10));
  loop->Poll();
  ASSERT_EQ(timer.fired.size(), 1u);
  EXPECT_EQ(timer.fired[0].stalled_until, TimePoint::min());
}

TEST_F(EventLoopTest, AnEntryThatAsksForThePastDoesNotMakeAHotLoop) {
  class Impatient final : public TimerEntry {
   public:
    explicit Impatient(EventLoop& loop) : loop_(loop) {}
    ~Impatient() override { loop_.Disarm(*this); }
    void OnTimer() override {
      ++fired;
      loop_.Arm(*this, TimePoint::min());
    }
    int fired = 0;

   private:
    EventLoop& loop_;
  };
  Impatient timer(*loop);
  loop->Arm(timer, clock.Now());
  Advance(milliseconds(100));
  EXPECT_GT(timer.fired, 1);
  EXPECT_LE(timer.fired, 201);
}

// With a thread of its own and the machine's clock.

class ThreadedLoop : public ::testing::Test {
 protected:
  ThreadedLoop()
      : governor({.loops = 4},
                 {.grant = [](ConnectGovernor::Ticket, const SessionHandle&) {}, .wake = [](TimePoint) {}},
                 SystemClock().Now()) {
    loop = *EventLoop::Create(
        {.index = 3, .seed = 1, .clock = &SystemClock(), .operations = &operations, .governor = &governor},
        [this](boost::asio::io_context&) { return network.MakeFactory(); });
  }
  ~ThreadedLoop() override { Stop(); }

  void Stop() {
    loop->Drain(SystemClock().Now());
    loop->Join();
  }

  RecordingOperations operations;
  testing::SteppedNetwork network;
  ConnectGovernor governor;
  std::unique_ptr<EventLoop> loop;
};

TEST_F(ThreadedLoop, RunsWhatIsPostedInOrderOnOneThread) {
  loop->Start();
  std::vector<int> seen;
  std::vector<std::thread::id> threads;
  absl::Notification done;
  for (int i = 0; i < 100; ++i) {
    loop->Post([&, i] {
      seen.push_back(i);
      threads.push_back(std::this_thread::get_id());
    });
  }
  loop->Post([&] { done.Notify(); });
  ASSERT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
  EXPECT_EQ(threads.front(), threads.back());
  EXPECT_NE(threads.front(), std::this_thread::get_id());
}

TEST_F(ThreadedLoop, FiresByTheMachinesClock) {
  class Notifier final : public TimerEntry {
   public:
    explicit Notifier(absl::Notification& done) : done_(done) {}
    void OnTimer() override { done_.Notify(); }

   private:
    absl::Notification& done_;
  };
  absl::Notification done;
  Notifier timer(done);
  loop->Start();
  const TimePoint deadline = SystemClock().Now() + milliseconds(20);
  loop->Post([&] { loop->Arm(timer, deadline); });
  ASSERT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
  EXPECT_GE(SystemClock().Now(), deadline);
  Stop();  // before the timer goes
}

TEST_F(ThreadedLoop, SurvivesAnExceptionAndCountsIt) {
  loop->Start();
  absl::Notification done;
  loop->Post([] { throw std::runtime_error("a handler was told to throw"); });
  loop->Post([&] { done.Notify(); });
  ASSERT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
  EXPECT_EQ(operations.exceptions, 1);
}

TEST_F(ThreadedLoop, RefusesPostsAfterItsEndAndRunsThoseBefore) {
  loop->Start();
  bool ran = false;
  EXPECT_TRUE(loop->Post([&] { ran = true; }));
  Stop();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(loop->Post([] { FAIL() << "ran after the end"; }));
  EXPECT_EQ(network.shutdowns(), 1);
}

}  // namespace
}  // namespace holter::engine
