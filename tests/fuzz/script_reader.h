// Reads the bytes of a fuzzer as a script.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace holter::fuzz {

// Zeros and empty texts when it is over. The bytes outlive it.
class ScriptReader {
 public:
  ScriptReader(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool done() const { return at_ >= size_; }
  uint8_t Byte() { return done() ? 0 : data_[at_++]; }
  // 1 ms to about 18 hours, finer where it is short.
  Duration Time() {
    const uint8_t byte = Byte();
    return std::chrono::milliseconds(1 + (byte & 0x0F)) * (int64_t{1} << (byte >> 4) * 3 / 2);
  }
  // Its length in one byte, modulo `most` + 1, then its bytes; no more than there are.
  std::string Text(size_t most = 255) {
    const size_t wanted = Byte() % (most + 1);
    const size_t begin = std::min(at_, size_);
    at_ = std::min(size_, begin + wanted);
    return {reinterpret_cast<const char*>(data_) + begin, at_ - begin};
  }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

}  // namespace holter::fuzz
