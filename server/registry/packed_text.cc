#include "registry/packed_text.h"

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstring>

namespace holter::registry {

namespace io = google::protobuf::io;

PackedText::PackedText(std::string_view text) : packed_(text.size() >= kLeastPacked) {
  if (packed_) {
    io::StringOutputStream out(&bytes_);
    io::GzipOutputStream::Options options;
    options.format = io::GzipOutputStream::ZLIB;
    options.compression_level = 1;  // whoever waits for the answer waits for this
    io::GzipOutputStream gzip(&out, options);
    void* room = nullptr;
    int size = 0;
    while (!text.empty() && gzip.Next(&room, &size)) {
      const size_t taken = std::min(text.size(), static_cast<size_t>(size));
      std::memcpy(room, text.data(), taken);
      gzip.BackUp(size - static_cast<int>(taken));
      text.remove_prefix(taken);
    }
    gzip.Close();
  } else {
    bytes_ = text;
  }
  bytes_.shrink_to_fit();
}

std::string PackedText::Text() const {
  if (!packed_) return bytes_;
  io::ArrayInputStream in(bytes_.data(), static_cast<int>(bytes_.size()));
  io::GzipInputStream gzip(&in, io::GzipInputStream::ZLIB);
  std::string text;
  const void* piece = nullptr;
  int size = 0;
  while (gzip.Next(&piece, &size)) text.append(static_cast<const char*>(piece), static_cast<size_t>(size));
  return text;
}

}  // namespace holter::registry
