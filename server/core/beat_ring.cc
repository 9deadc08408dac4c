#include "core/beat_ring.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace holter::core {

void BeatRing::Push(const SentBeat& beat, bool keep_missed) {
  assert(HasRoom());
  if (size_ == capacity()) {
    const BeatFate oldest = (*this)[0].fate();
    const bool wanted = oldest == BeatFate::kOutstanding ||
                        (keep_missed && (oldest == BeatFate::kMissed || oldest == BeatFate::kExcused));
    if (wanted && capacity() < kCapacity) {
      Grow();
    } else {
      head_ = static_cast<uint8_t>((head_ + 1) & (capacity() - 1));
      --size_;
    }
  }
  (*this)[size_] = beat;
  ++size_;
}

void BeatRing::Shrink() {
  if (!heap_) return;
  const size_t kept = std::min<size_t>(size_, kInline - 1);
  for (size_t i = 0; i < kept; ++i) inline_[i] = (*this)[size_ - kept + i];
  heap_.reset();
  heap_capacity_ = 0;
  head_ = 0;
  size_ = static_cast<uint8_t>(kept);
}

void BeatRing::Clear() {
  heap_.reset();
  heap_capacity_ = 0;
  head_ = 0;
  size_ = 0;
}

void BeatRing::Grow() {
  const size_t grown = capacity() * 2;
  auto slots = std::make_unique<SentBeat[]>(grown);
  for (size_t i = 0; i < size_; ++i) slots[i] = (*this)[i];
  heap_ = std::move(slots);
  heap_capacity_ = static_cast<uint8_t>(grown);
  head_ = 0;
}

}  // namespace holter::core
