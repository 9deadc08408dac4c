#include "observe/http_encoding.h"

#include <zlib.h>

#include <new>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace holter::observe {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib: the largest window, gzip's header and trailer
constexpr int kMemoryLevel = 8;

// The weight of one element, "gzip;q=0.5"; 1 when it has none, 0 when it is malformed.
double WeightOf(absl::string_view element) {
  const size_t at = element.find(';');
  if (at == absl::string_view::npos) {
    return 1;
  }
  const absl::string_view parameter = absl::StripAsciiWhitespace(element.substr(at + 1));
  double weight = 0;
  if (!absl::StartsWithIgnoreCase(parameter, "q=") || !absl::SimpleAtod(parameter.substr(2), &weight)) {
    return 0;
  }
  return weight;
}

}  // namespace

bool AcceptsGzip(std::string_view accept_encoding) {
  std::optional<bool> named;
  bool any = false;
  for (const absl::string_view element :
       absl::StrSplit(absl::string_view(accept_encoding.data(), accept_encoding.size()), ',')) {
    const absl::string_view coding = absl::StripAsciiWhitespace(element.substr(0, element.find(';')));
    const bool wanted = WeightOf(element) > 0;
    if (absl::EqualsIgnoreCase(coding, "gzip") || absl::EqualsIgnoreCase(coding, "x-gzip")) {
      named = wanted;
    } else if (coding == "*") {
      any = wanted;
    }
  }
  return named.value_or(any);
}

struct GzipWriter::Stream {
  z_stream z{};
};

GzipWriter::GzipWriter() : stream_(std::make_unique<Stream>()) {
  if (deflateInit2(&stream_->z, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

GzipWriter::~GzipWriter() { deflateEnd(&stream_->z); }

void GzipWriter::Write(std::string_view piece, bool last, std::string& out) {
  z_stream& z = stream_->z;
  // zlib does not write to what it reads, but its interface says so.
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(piece.data()));
  z.avail_in = static_cast<uInt>(piece.size());
  do {
    constexpr size_t step = size_t{16} << 10;
    const size_t size = out.size();
    out.resize(size + step);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    z.avail_out = step;
    deflate(&z, last ? Z_FINISH : Z_NO_FLUSH);
    out.resize(size + step - z.avail_out);
  } while (z.avail_out == 0);
}

}  // namespace holter::observe
