// Bearer tokens are kept and compared as their SHA-256 only: what is read from a configuration or found in memory lets
// nobody in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holter::access {

using TokenDigest = std::array<uint8_t, 32>;

TokenDigest DigestToken(std::string_view token);

// 64 hex digits, as sha256sum writes them.
std::optional<TokenDigest> ParseTokenDigest(std::string_view hex);

// Takes the same time wherever the two differ.
bool IsSameDigest(const TokenDigest& one, const TokenDigest& other);

}  // namespace holter::access
