#include "tests/presets/packing.h"

#include <stdexcept>

namespace holter::presets {
namespace {

constexpr int kWindowBits = 15;
constexpr int kGzip = 16;  // added to the window's bits, as zlib.h says
constexpr int kMemory = 8;

}  // namespace

void Packer::End::operator()(z_stream* stream) const {
  deflateEnd(stream);
  delete stream;
}

Packer::Stream Packer::Begin(int window_bits) {
  Stream stream(new z_stream{});
  if (deflateInit2(stream.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib does not begin");
  }
  return stream;
}

std::string Packer::Deflate(z_stream& stream, std::string_view text, int flush) {
  // What a flush writes beyond the bound of a whole stream.
  constexpr size_t margin = 64;
  std::string out(deflateBound(&stream, text.size()) + margin, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, flush);
  out.resize(out.size() - stream.avail_out);
  return out;
}

std::string Packer::Pack(v1::Compression compression, std::string_view text) {
  switch (compression) {
    case v1::COMPRESSION_GZIP:
      return Deflate(*Begin(kWindowBits + kGzip), text, Z_FINISH);
    case v1::COMPRESSION_ZLIB:
      return Deflate(*Begin(kWindowBits), text, Z_FINISH);
    case v1::COMPRESSION_DEFLATE:
      return Deflate(*Begin(-kWindowBits), text, Z_FINISH);
    case v1::COMPRESSION_ZLIB_STREAM:
      if (connection_ == nullptr) connection_ = Begin(kWindowBits);
      return Deflate(*connection_, text, Z_SYNC_FLUSH);
    default:
      return std::string(text);
  }
}

}  // namespace holter::presets
