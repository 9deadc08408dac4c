#include "core/inflater.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace holter::core {
namespace {

constexpr size_t kFirstRoom = 4096;
constexpr size_t kKeptRoom = size_t{64} << 10;
constexpr int kWindowBits = 15;  // the largest window of RFC 1951
constexpr int kGzipBits = 16 + kWindowBits;

int BitsOf(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return kGzipBits;
    case Compression::kDeflate:
      return -kWindowBits;
    case Compression::kZlib:
    case Compression::kZlibStream:
      break;
  }
  return kWindowBits;
}

absl::Status TooMuch() { return absl::ResourceExhaustedError("larger than limits.message_bytes when unpacked"); }

// zlib's own words are constants.
absl::Status Broken(const char* why) {
  return absl::InvalidArgumentError(fmt::format("broken packed data: {}", why == nullptr ? "needs a dictionary" : why));
}

}  // namespace

char* ScratchBytes::Room(size_t most) {
  if (room() == 0 && size_ < most) {
    storage_.resize(std::min(most, std::max(kFirstRoom, 2 * storage_.size())));
  }
  return storage_.data() + size_;
}

void ScratchBytes::Shrink() {
  size_ = 0;
  if (storage_.capacity() > kKeptRoom) storage_ = std::string();
}

Inflater::~Inflater() {
  if (begun_) inflateEnd(&stream_);
}

absl::Status Inflater::Begin(int window_bits) {
  const int code = begun_ ? inflateReset2(&stream_, window_bits) : inflateInit2(&stream_, window_bits);
  if (code != Z_OK) return absl::ResourceExhaustedError("no memory to unpack with");
  begun_ = true;
  return absl::OkStatus();
}

absl::Status Inflater::Run(std::string_view packed, size_t most, ScratchBytes& out, bool& ended) {
  ended = false;
  if (packed.size() > std::numeric_limits<uInt>::max()) return TooMuch();
  // zlib does not write to its input; its type is older than const.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream_.avail_in = static_cast<uInt>(packed.size());
  for (;;) {
    // One byte more than may be there shows that there is too much.
    stream_.next_out = reinterpret_cast<Bytef*>(out.Room(most + 1));
    const auto room = static_cast<uInt>(std::min<size_t>(out.room(), std::numeric_limits<uInt>::max()));
    stream_.avail_out = room;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    out.Add(room - stream_.avail_out);
    if (out.size() > most) return TooMuch();
    if (code == Z_STREAM_END) {
      ended = true;
      return absl::OkStatus();
    }
    if (code == Z_MEM_ERROR) return absl::ResourceExhaustedError("no memory to unpack with");
    if (code != Z_OK && code != Z_BUF_ERROR) return Broken(stream_.msg);
    if (stream_.avail_out != 0) return absl::OkStatus();  // wants more
  }
}

absl::Status Inflater::Unpack(Compression compression, std::string_view packed, size_t most, ScratchBytes& out) {
  bool ended = false;
  do {
    if (absl::Status status = Begin(BitsOf(compression)); !status.ok()) return status;
    if (absl::Status status = Run(packed, most, out, ended); !status.ok()) return status;
    if (!ended) return Broken("it ends too early");
    packed.remove_prefix(packed.size() - stream_.avail_in);
  } while (!packed.empty() && compression == Compression::kGzip);
  return packed.empty() ? absl::OkStatus() : Broken("bytes behind its end");
}

absl::Status Inflater::UnpackNext(std::string_view packed, size_t most, ScratchBytes& out) {
  if (!begun_) {
    if (absl::Status status = Begin(kWindowBits); !status.ok()) return status;
  }
  bool ended = false;
  if (absl::Status status = Run(packed, most, out, ended); !status.ok()) return status;
  return ended ? Broken("the stream has ended") : absl::OkStatus();
}

}  // namespace holter::core
