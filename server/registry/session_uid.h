// The UUID that a session is given at creation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holter::registry {

using Uid = std::array<uint8_t, 16>;

// A random version 4 UUID (RFC 9562), from the kernel. Any thread.
Uid NewUid();

// "f81d4fae-7dec-41d0-a765-00a0c91e6bf6".
std::string FormatUid(const Uid& uid);
std::optional<Uid> ParseUid(std::string_view text);

}  // namespace holter::registry
