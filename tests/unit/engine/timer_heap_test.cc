#include "engine/timer_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/seed.h"

namespace holter::engine {
namespace {

class CountingEntry final : public TimerEntry {
 public:
  void OnTimer() override { ++fired; }
  int fired = 0;
};

TimePoint At(int ms) { return TimePoint(std::chrono::milliseconds(ms)); }

TEST(TimerHeap, IsEmptyAtFirst) {
  TimerHeap heap;
  EXPECT_EQ(heap.Next(), kNever);
  EXPECT_EQ(heap.PopDue(At(1000)), nullptr);
}

TEST(TimerHeap, PopsEarliestFirstAndOnlyWhatIsDue) {
  CountingEntry a, b, c;
  TimerHeap heap;
  heap.Set(a, At(30));
  heap.Set(b, At(10));
  heap.Set(c, At(20));
  EXPECT_EQ(heap.Next(), At(10));
  EXPECT_EQ(heap.PopDue(At(9)), nullptr);
  EXPECT_EQ(heap.PopDue(At(25)), &b);
  EXPECT_EQ(heap.PopDue(At(25)), &c);
  EXPECT_EQ(heap.PopDue(At(25)), nullptr);
  EXPECT_EQ(heap.PopDue(At(30)), &a);
  EXPECT_EQ(heap.PopDue(At(30)), nullptr);
  EXPECT_EQ(heap.size(), 0u);
}

TEST(TimerHeap, ADeadlineThatMovesLaterIsOnlyWrittenDown) {
  CountingEntry a, b;
  TimerHeap heap;
  heap.Set(a, At(10));
  heap.Set(b, At(20));
  heap.Set(a, At(30));
  EXPECT_EQ(heap.Next(), At(10)) << "the heap should not have been touched";
  EXPECT_EQ(heap.PopDue(At(15)), nullptr);
  EXPECT_EQ(heap.Next(), At(20));
  EXPECT_EQ(heap.PopDue(At(30)), &b);
  EXPECT_EQ(heap.PopDue(At(30)), &a);
}

TEST(TimerHeap, ADeadlineThatMovesEarlierCounts) {
  CountingEntry a, b;
  TimerHeap heap;
  heap.Set(a, At(30));
  heap.Set(b, At(20));
  heap.Set(a, At(10));
  EXPECT_EQ(heap.PopDue(At(10)), &a);
  EXPECT_EQ(heap.PopDue(At(20)), &b);
}

TEST(TimerHeap, AnEntryThatIsDueMayWaitAnewAtOnce) {
  CountingEntry a, b;
  TimerHeap heap;
  heap.Set(a, At(10));
  heap.Set(b, At(20));
  EXPECT_EQ(heap.PopDue(At(10)), &a);
  heap.Set(a, At(15));
  EXPECT_EQ(heap.PopDue(At(10)), nullptr);
  EXPECT_EQ(heap.Next(), At(15));
  EXPECT_EQ(heap.PopDue(At(30)), &a);
  heap.Remove(a);
  EXPECT_EQ(heap.PopDue(At(30)), &b);
  EXPECT_EQ(heap.PopDue(At(30)), nullptr);
}

TEST(TimerHeap, NeverWaitsForNothing) {
  CountingEntry a, b;
  TimerHeap heap;
  heap.Set(a, kNever);
  EXPECT_EQ(heap.size(), 0u);
  heap.Set(a, At(10));
  heap.Set(b, At(10));
  heap.Set(a, kNever);
  EXPECT_EQ(heap.PopDue(At(100)), &b);
  EXPECT_EQ(heap.PopDue(At(100)), nullptr);
  EXPECT_EQ(heap.size(), 0u);
}

TEST(TimerHeap, RemovesAndLetsGo) {
  CountingEntry a, b;
  {
    TimerHeap heap;
    heap.Set(a, At(10));
    heap.Set(b, At(20));
    heap.Remove(a);
    heap.Remove(a);
    EXPECT_EQ(heap.Next(), At(20));
  }
  TimerHeap other;  // b is free for another heap
  other.Set(b, At(5));
  EXPECT_EQ(other.PopDue(At(5)), &b);
}

// What the heap has to do, done slowly.
class SlowTimers {
 public:
  explicit SlowTimers(size_t count) : deadlines_(count, kNever) {}
  void Set(size_t i, TimePoint deadline) { deadlines_[i] = deadline; }
  TimePoint Get(size_t i) const { return deadlines_[i]; }
  TimePoint Earliest() const { return *std::min_element(deadlines_.begin(), deadlines_.end()); }

 private:
  std::vector<TimePoint> deadlines_;
};

constexpr size_t kEntries = 97;

TEST(TimerHeap, DoesWhatASlowModelDoes) {
  std::mt19937_64 random(testing::TestSeed());
  std::vector<CountingEntry> entries(kEntries);
  SlowTimers model(kEntries);
  TimerHeap heap;
  int now = 0;
  int popped = 0;
  for (int step = 0; step < 200'000; ++step) {
    const size_t i = random() % kEntries;
    switch (random() % 8) {
      case 0:
        heap.Remove(entries[i]);
        model.Set(i, kNever);
        break;
      case 1:
        heap.Set(entries[i], kNever);
        model.Set(i, kNever);
        break;
      case 2: {
        now += static_cast<int>(random() % 5);
        TimePoint last = TimePoint::min();
        while (TimerEntry* entry = heap.PopDue(At(now))) {
          const auto found = static_cast<size_t>(static_cast<CountingEntry*>(entry) - entries.data());
          ASSERT_LE(model.Get(found), At(now)) << "popped before its time";
          ASSERT_EQ(model.Get(found), model.Earliest()) << "out of order";
          ASSERT_GE(model.Get(found), last);
          last = model.Get(found);
          model.Set(found, kNever);
          ++popped;
        }
        ASSERT_GT(model.Earliest(), At(now)) << "an entry that is due was not popped";
        break;
      }
      default: {
        const TimePoint deadline = At(now - 3 + static_cast<int>(random() % 100));
        heap.Set(entries[i], deadline);
        model.Set(i, deadline);
        break;
      }
    }
    ASSERT_LE(heap.Next(), model.Earliest()) << "the loop would wake too late";
    ASSERT_LE(heap.size(), kEntries);
  }
  EXPECT_GT(popped, 1000);
}

}  // namespace
}  // namespace holter::engine
