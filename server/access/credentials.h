// What a caller has shown of himself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/token_digest.h"

namespace holter::access {

// Kept as long as the call, so that a stream can be judged again when the access file has changed.
struct Credentials {
  std::optional<TokenDigest> token{};
  // Of the peer's certificate, which TLS has verified.
  std::vector<std::string> uris{};
  std::vector<std::string> dns_names{};
  std::string common_name{};

  bool empty() const { return !token && uris.empty() && dns_names.empty() && common_name.empty(); }
};

}  // namespace holter::access
