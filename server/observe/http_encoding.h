// Content coding of answers: what the client takes, and gzip in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace holter::observe {

// True when an Accept-Encoding header allows gzip (RFC 9110 section 12.5.3): named, or by "*", with a weight above 0.
bool AcceptsGzip(std::string_view accept_encoding);

// Compresses a body that comes in pieces; level 1, since a scrape crosses a near network. Not thread-safe.
class GzipWriter {
 public:
  GzipWriter();
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  // Appends to `out` what is ready of `piece`; `last` ends the stream, and nothing may follow.
  void Write(std::string_view piece, bool last, std::string& out);

 private:
  struct Stream;
  const std::unique_ptr<Stream> stream_;
};

}  // namespace holter::observe
