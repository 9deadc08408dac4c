// HMAC (RFC 2104), so that a key can be proved without saying it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holter {

enum class HashKind : uint8_t { kSha256, kSha384, kSha512 };

// 32, 48 or 64 bytes.
std::string Hmac(HashKind hash, std::string_view key, std::string_view text);

}  // namespace holter
