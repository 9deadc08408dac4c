// Holds the message that is being read: a short one inside, a longer one on the heap until it has been delivered.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace holter::transport {

// One a session, so kept small.
//
// Not one a loop, although only one session reads at a time: when a whole message waits in Beast's own buffer,
// async_read_some copies it out at once but posts its completion, and another session's copy could come between the
// two.
class MessageBuffer {
 public:
  // Most acks of heartbeats fit. Below the 1536 bytes of Beast's buffer, so that a read from the wire always fills that
  // one first: then control frames behind the message cost no further system call.
  static constexpr size_t kInlineSize = 128;
  static_assert(kInlineSize < 1536);

  // Room for the next bytes; never empty.
  std::span<char> Tail() { return {data() + size_, capacity_ - size_}; }
  void Commit(size_t bytes) { size_ += bytes; }
  std::string_view View() const { return {data(), size_}; }

  // Makes room when there is none. `expected` more bytes are announced; an announcement is believed only as far as the
  // message has doubled, because a hostile peer may announce what it never sends. Half as much again is there at least:
  // a message that comes in many small fragments is not copied for each of them.
  void MakeRoom(size_t expected) {
    if (size_ < capacity_) {
      return;
    }
    const size_t wanted = std::max(expected, size_ / 2);
    capacity_ = size_ + std::clamp(wanted, kInlineSize, std::max(size_, kLeastGrowth));
    auto grown = std::make_unique_for_overwrite<char[]>(capacity_);
    std::memcpy(grown.get(), data(), size_);
    heap_ = std::move(grown);
  }

  void Clear() {
    heap_.reset();
    size_ = 0;
    capacity_ = kInlineSize;
  }

 private:
  static constexpr size_t kLeastGrowth = 1024;

  const char* data() const { return heap_ != nullptr ? heap_.get() : inline_.data(); }
  char* data() { return heap_ != nullptr ? heap_.get() : inline_.data(); }

  std::unique_ptr<char[]> heap_;
  size_t size_ = 0;
  size_t capacity_ = kInlineSize;
  std::array<char, kInlineSize> inline_;
};

}  // namespace holter::transport
