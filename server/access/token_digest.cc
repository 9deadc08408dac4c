#include "access/token_digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <charconv>
#include <cstddef>

namespace holter::access {

TokenDigest DigestToken(std::string_view token) {
  TokenDigest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

std::optional<TokenDigest> ParseTokenDigest(std::string_view hex) {
  TokenDigest digest{};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const char* const byte = hex.data() + 2 * i;
    const auto [end, error] = std::from_chars(byte, byte + 2, digest[i], 16);
    if (error != std::errc() || end != byte + 2) return std::nullopt;
  }
  return digest;
}

bool IsSameDigest(const TokenDigest& one, const TokenDigest& other) {
  return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace holter::access
