#include "engine/timer_heap.h"

#include <algorithm>
#include <cassert>

namespace holter::engine {

namespace {

constexpr size_t kArity = 4;

}  // namespace

TimerEntry::~TimerEntry() { assert(slot_ == kOutside); }

TimerHeap::~TimerHeap() {
  for (const Node& node : nodes_) node.entry->slot_ = TimerEntry::kOutside;
}

void TimerHeap::Set(TimerEntry& entry, TimePoint deadline) {
  entry.deadline_ = deadline;
  if (entry.slot_ == TimerEntry::kOutside) {
    if (deadline == kNever) return;
    nodes_.push_back({});
    SiftUp(nodes_.size() - 1, {deadline, &entry});
  } else if (deadline < nodes_[entry.slot_].key) {
    SiftUp(entry.slot_, {deadline, &entry});
  }
}

void TimerHeap::Remove(TimerEntry& entry) {
  if (entry.slot_ != TimerEntry::kOutside) RemoveSlot(entry.slot_);
}

TimerEntry* TimerHeap::PopDue(TimePoint now) {
  while (!nodes_.empty() && nodes_.front().key <= now) {
    TimerEntry* entry = nodes_.front().entry;
    if (entry->deadline_ == nodes_.front().key) {
      entry->deadline_ = kNever;
      return entry;
    }
    if (entry->deadline_ == kNever) {
      RemoveSlot(0);
    } else {
      SiftDown(0, {entry->deadline_, entry});
    }
  }
  return nullptr;
}

void TimerHeap::Place(size_t slot, const Node& node) {
  nodes_[slot] = node;
  node.entry->slot_ = static_cast<uint32_t>(slot);
}

void TimerHeap::SiftUp(size_t slot, Node node) {
  while (slot > 0) {
    const size_t parent = (slot - 1) / kArity;
    if (nodes_[parent].key <= node.key) break;
    Place(slot, nodes_[parent]);
    slot = parent;
  }
  Place(slot, node);
}

void TimerHeap::SiftDown(size_t slot, Node node) {
  for (;;) {
    const size_t first = slot * kArity + 1;
    if (first >= nodes_.size()) break;
    const size_t last = std::min(first + kArity, nodes_.size());
    size_t least = first;
    for (size_t child = first + 1; child < last; ++child) {
      if (nodes_[child].key < nodes_[least].key) least = child;
    }
    if (node.key <= nodes_[least].key) break;
    Place(slot, nodes_[least]);
    slot = least;
  }
  Place(slot, node);
}

void TimerHeap::RemoveSlot(size_t slot) {
  nodes_[slot].entry->slot_ = TimerEntry::kOutside;
  const Node last = nodes_.back();
  nodes_.pop_back();
  if (slot == nodes_.size()) return;
  if (slot > 0 && last.key < nodes_[(slot - 1) / kArity].key) {
    SiftUp(slot, last);
  } else {
    SiftDown(slot, last);
  }
}

}  // namespace holter::engine
