// What crosses a connection, for those who want to look at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "core/message_template.h"

namespace holter::core {

enum class FrameDirection : uint8_t { kIn = 1, kOut };

// Opcodes of RFC 6455 section 5.2; a data frame is a whole message here.
enum class FrameType : uint8_t { kText = 1, kBinary, kPing, kPong, kClose };

constexpr FrameType TypeOf(FrameKind kind) { return kind == FrameKind::kText ? FrameType::kText : FrameType::kBinary; }

struct Frame {
  WallTime at{};
  FrameDirection direction = FrameDirection::kIn;
  FrameType type = FrameType::kText;
  size_t size = 0;           // bytes of the whole payload
  std::string_view payload;  // the first of them
};

}  // namespace holter::core
