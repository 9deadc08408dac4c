// The deadlines of one loop, earliest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace holter::engine {

// Something that waits for at most one deadline. Lives in at most one heap and has to be out of it when it is
// destroyed.
class TimerEntry {
 public:
  TimerEntry() = default;
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;

  // The deadline has come, and the entry waits for nothing now. Called by the loop.
  virtual void OnTimer() = 0;

 protected:
  virtual ~TimerEntry();

 private:
  friend class TimerHeap;
  static constexpr uint32_t kOutside = UINT32_MAX;

  TimePoint deadline_ = kNever;
  uint32_t slot_ = kOutside;
};

// A 4-ary heap that does not own its entries, made for heartbeats. Every answer moves its session's deadline to a later
// time: that only writes the new time into the entry, and the heap looks again when the old one comes. An entry that is
// due usually waits anew at once: it stays at the top until the next PopDue, which then moves it once. Not thread-safe.
class TimerHeap {
 public:
  TimerHeap() = default;
  // Lets go of what still waits.
  ~TimerHeap();
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;

  // Waits for `deadline` instead of whatever the entry waited for; kNever: for nothing.
  void Set(TimerEntry& entry, TimePoint deadline);
  // Does nothing to an entry that is not in.
  void Remove(TimerEntry& entry);

  // One entry whose deadline is not after `now`, which now waits for nothing; null if there is none. Earliest first.
  // Call until it gives null, then the heap is tidy.
  TimerEntry* PopDue(TimePoint now);
  // Never later than the earliest deadline, but perhaps earlier. kNever when empty.
  TimePoint Next() const { return nodes_.empty() ? kNever : nodes_.front().key; }
  // Entries that it holds, with those that wait for nothing and have not been looked at again.
  size_t size() const { return nodes_.size(); }

 private:
  // The key is never later than the entry's deadline; it lies beside the pointer so that comparing stays within the
  // array.
  struct Node {
    TimePoint key;
    TimerEntry* entry;
  };

  void Place(size_t slot, const Node& node);
  void SiftUp(size_t slot, Node node);
  void SiftDown(size_t slot, Node node);
  void RemoveSlot(size_t slot);

  std::vector<Node> nodes_;
};

}  // namespace holter::engine
