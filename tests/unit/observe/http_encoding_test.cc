#include "observe/http_encoding.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace holter::observe {
namespace {

std::string Gunzip(const std::string& data) {
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, 15 + 16), Z_OK);
  std::string out(size_t{4} << 20, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  z.avail_in = static_cast<uInt>(data.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(z.avail_in, 0u);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

TEST(AcceptsGzip, FollowsNamesAndWeights) {
  for (const char* yes :
       {"gzip", "deflate, gzip", "GZIP;q=0.5", "gzip; Q=1.0", "br;q=1, *", "*;q=0.1", "x-gzip", "gzip,*;q=0"}) {
    EXPECT_TRUE(AcceptsGzip(yes)) << yes;
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*, gzip;q=0", "gzip;q=0, *", "*;q=0", "gzipped",
                         "gzip;q=x", "deflate"}) {
    EXPECT_FALSE(AcceptsGzip(no)) << no;
  }
}

TEST(GzipWriter, PiecesMakeOneStream) {
  std::string whole;
  std::string packed;
  GzipWriter writer;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = "holter_session_up{session=\"feed-" + std::to_string(i * 7919) + "\"} 1\n";
    whole += piece;
    writer.Write(piece, false, packed);
  }
  writer.Write({}, true, packed);
  EXPECT_LT(packed.size(), whole.size() / 3);
  EXPECT_EQ(Gunzip(packed), whole);
}

TEST(GzipWriter, TheEmptyBodyIsAStreamToo) {
  std::string packed;
  GzipWriter().Write({}, true, packed);
  EXPECT_FALSE(packed.empty());
  EXPECT_EQ(Gunzip(packed), "");
}

}  // namespace
}  // namespace holter::observe
