// The last beats of one connection, oldest first: what is still to be answered, and what has been lately, so that a
// repeated or a late answer is known for what it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"

namespace holter::core {

// What became of a beat.
enum class BeatFate : uint8_t {
  kOutstanding,
  kAcked,
  kProven,   // acked by other bytes than its own answer, which may still come
  kMissed,   // its deadline passed; its answer would be late
  kExcused,  // the same, but we were starved
};

// A beat that was sent.
struct SentBeat {
  TimePoint deadline{};
  TimePoint sent{};
  uint64_t key : 56 = 0;  // hash of what the answer echoes
  uint64_t fate_bits : 8 = 0;

  BeatFate fate() const { return static_cast<BeatFate>(fate_bits); }
  void set_fate(BeatFate fate) { fate_bits = static_cast<uint64_t>(fate) & 0xFF; }
};

// Four beats live inside; more only while a peer is slower than the interval or silent, and never more than kCapacity.
// A session's cost is the reason: nearly all have one beat outstanding at most.
class BeatRing {
 public:
  // More than the misses that a spec may allow, so that a full ring never hides a death.
  static constexpr size_t kCapacity = 128;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // 0 is the oldest.
  SentBeat& operator[](size_t i) { return slots()[(head_ + i) & (capacity() - 1)]; }
  const SentBeat& operator[](size_t i) const { return slots()[(head_ + i) & (capacity() - 1)]; }

  // False when Push would have to forget a beat that is outstanding.
  bool HasRoom() const { return size_ < kCapacity || (*this)[0].fate() != BeatFate::kOutstanding; }
  // Appends, growing or forgetting the oldest: one that was answered is forgotten first; one that was missed is kept
  // while there is room if `keep_missed`. Only when HasRoom.
  void Push(const SentBeat& beat, bool keep_missed);
  // Gives the memory of bad times back and forgets all but the newest few; only when nothing is outstanding.
  void Shrink();
  // Forgets all and gives memory back.
  void Clear();

 private:
  static constexpr size_t kInline = 4;

  size_t capacity() const { return heap_ ? heap_capacity_ : kInline; }
  SentBeat* slots() { return heap_ ? heap_.get() : inline_.data(); }
  const SentBeat* slots() const { return heap_ ? heap_.get() : inline_.data(); }
  void Grow();

  std::array<SentBeat, kInline> inline_{};
  std::unique_ptr<SentBeat[]> heap_;
  uint8_t heap_capacity_ = 0;  // a power of two
  uint8_t head_ = 0;
  uint8_t size_ = 0;
};

}  // namespace holter::core
