// A place inside the session for the one read operation that is always pending.
//
// Asio would lend it a block that it keeps for reuse; such a block is as large as the largest operation that came
// before, the handshake's, and a session that waits for its next byte would hold on to it.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace holter::transport {

// Taken and given back on the loop's thread. What does not fit, or comes while the place is taken, goes to the heap.
class ReadOpSlot {
 public:
  ReadOpSlot() = default;
  ReadOpSlot(const ReadOpSlot&) = delete;
  ReadOpSlot& operator=(const ReadOpSlot&) = delete;

  void* Allocate(size_t size) {
    if (taken_ || size > storage_.size()) {
      return ::operator new(size);
    }
    taken_ = true;
    return storage_.data();
  }
  void Deallocate(void* memory) {
    if (memory == storage_.data()) {
      taken_ = false;
    } else {
      ::operator delete(memory);
    }
  }

 private:
  // Holds Beast 1.81's read over a plain socket; over TLS it is larger, where it matters little.
  static constexpr size_t kSize = 320;

  alignas(std::max_align_t) std::array<std::byte, kSize> storage_;
  bool taken_ = false;
};

// The handlers of reads carry it; Asio and Beast allocate by it.
template <typename T>
class ReadOpAllocator {
 public:
  using value_type = T;

  explicit ReadOpAllocator(ReadOpSlot* slot) : slot_(slot) {}
  template <typename U>
  // An allocator converts to that of another type by definition.
  ReadOpAllocator(const ReadOpAllocator<U>& other) : slot_(other.slot()) {}  // NOLINT(google-explicit-constructor)

  T* allocate(size_t count) { return static_cast<T*>(slot_->Allocate(count * sizeof(T))); }
  void deallocate(T* memory, size_t) { slot_->Deallocate(memory); }
  ReadOpSlot* slot() const { return slot_; }

  template <typename U>
  friend bool operator==(const ReadOpAllocator& a, const ReadOpAllocator<U>& b) {
    return a.slot() == b.slot();
  }

 private:
  ReadOpSlot* slot_;
};

}  // namespace holter::transport
