// Contexts of TLS: built once for what was declared and what its secrets hold, shared by all connections that need the
// same.
#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "core/session_spec.h"

namespace holter::transport {

// One a loop; used on the loop's thread. A context is never changed after it was built: OpenSSL does not lock what is
// in it.
class TlsContextCache {
 public:
  // `secrets` outlives the cache.
  explicit TlsContextCache(const SecretSource* secrets) : secrets_(secrets) {}

  // Reads the secrets of `spec` again, so that a rotated certificate is seen by the next dial. Errors name the
  // reference, never the content.
  absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> Get(const core::TlsSpec& spec);

 private:
  // SHA-256 of the secrets' contents; contents themselves are not kept.
  using Digest = std::array<unsigned char, 32>;
  struct Entry {
    core::TlsSpec spec;  // server_name is not part of a context and left empty
    Digest digest;
    std::shared_ptr<boost::asio::ssl::context> context;
  };
  // More distinct ones than this begin anew.
  static constexpr size_t kKeptEntries = 64;

  void DropAllIfFull();

  const SecretSource* const secrets_;
  std::vector<Entry> entries_;
};

}  // namespace holter::transport
