#include "registry/stream_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holter::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StreamQueueTest, GivesItemsInOrderAndCountsWhatItHasNoPlaceFor) {
  StreamQueue<int> queue(2);
  for (const int item : {1, 2, 3, 4}) queue.Push(item);
  EXPECT_THAT(queue.Take(1), ElementsAre(1));
  queue.Push(5);
  EXPECT_THAT(queue.Take(10), ElementsAre(2, 5));
  EXPECT_EQ(queue.TakeDropped(), 2);
  EXPECT_EQ(queue.TakeDropped(), 0);
}

TEST(StreamQueueTest, WakesOnceForWhatCame) {
  StreamQueue<int> queue(10);
  int wakes = 0;
  queue.OnReady([&] { ++wakes; });
  EXPECT_EQ(wakes, 0);
  queue.Push(1);
  queue.Push(2);
  EXPECT_EQ(wakes, 1);
  queue.OnReady([&] { ++wakes; });
  EXPECT_EQ(wakes, 2) << "at once, for there is something";
  queue.Take(10);
  queue.OnReady([&] { ++wakes; });
  queue.OnReady(nullptr);
  queue.Push(3);
  EXPECT_EQ(wakes, 2) << "nobody waits any more";
}

TEST(StreamQueueTest, IsFinishedWhenAllIsTaken) {
  StreamQueue<int> queue(10);
  queue.Push(1);
  int wakes = 0;
  queue.Finish();
  queue.Push(2);
  EXPECT_FALSE(queue.finished());
  EXPECT_THAT(queue.Take(10), ElementsAre(1)) << "nothing follows the end";
  EXPECT_TRUE(queue.finished());
  queue.OnReady([&] { ++wakes; });
  EXPECT_EQ(wakes, 1);
  EXPECT_THAT(queue.Take(10), IsEmpty());
}

}  // namespace
}  // namespace holter::registry
