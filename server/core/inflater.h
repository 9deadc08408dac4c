// zlib with a bound on what it gives. Nobody has unpacked more than the bound, and one byte, when it says no.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/decoder.h"

namespace holter::core {

// Bytes whose storage stays from one message to the next, so that it is neither allocated nor cleared anew. One thread.
class ScratchBytes {
 public:
  std::string_view bytes() const { return std::string_view(storage_).substr(0, size_); }
  size_t size() const { return size_; }
  void Clear() { size_ = 0; }

  // Where more can be written, at least one byte unless `most` are there already.
  char* Room(size_t most);
  size_t room() const { return storage_.size() - size_; }
  void Add(size_t written) { size_ += written; }

  // Gives back what an unusually large message has taken.
  void Shrink();

 private:
  std::string storage_;  // all of it is room
  size_t size_ = 0;
};

// One context of zlib; allocates with the first call. One thread.
class Inflater {
 public:
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  // Adds to `out` what is packed in `packed`, which has to be whole. INVALID_ARGUMENT: broken; RESOURCE_EXHAUSTED:
  // `out` would be larger than `most`.
  absl::Status Unpack(Compression compression, std::string_view packed, size_t most, ScratchBytes& out);
  // The same with the next part of a zlib stream that began with the first call.
  absl::Status UnpackNext(std::string_view packed, size_t most, ScratchBytes& out);

 private:
  // A new stream. The bits say which packing (inflateInit2).
  absl::Status Begin(int window_bits);
  // Until the stream ends (true) or wants more (false).
  absl::Status Run(std::string_view packed, size_t most, ScratchBytes& out, bool& ended);

  z_stream stream_{};
  bool begun_ = false;
};

}  // namespace holter::core
