#include "base/ticker.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"

namespace holter {
namespace {

TEST(TickerTest, TicksAgainAndAgain) {
  absl::BlockingCounter ticks(3);
  std::atomic<int> left = 3;
  const Ticker ticker(std::chrono::milliseconds(1), [&] {
    if (left-- > 0) ticks.DecrementCount();
  });
  ticks.Wait();
}

TEST(TickerTest, ItsEndWaitsForNoTurnButForTheCallThatRuns) {
  {
    const Ticker never(std::chrono::hours(1), [] { ADD_FAILURE() << "ticked at once"; });
  }
  absl::Notification begun;
  std::atomic<bool> ended = false;
  {
    const Ticker ticker(std::chrono::milliseconds(1), [&] {
      if (begun.HasBeenNotified()) return;
      begun.Notify();
      std::this_thread::yield();
      ended = true;
    });
    begun.WaitForNotification();
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace holter
