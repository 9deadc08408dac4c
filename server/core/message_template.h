// A message to send with places for variables, compiled once and shared by all sessions that use it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"

namespace holter::core {

// Kind of a data frame (RFC 6455 section 5.6).
enum class FrameKind : uint8_t { kText, kBinary };

// Built-in variables of the heartbeat language.
enum class Variable : uint8_t {
  kSeq,     // 1, 2, … per connection and heartbeat
  kUnixMs,  // calendar time in milliseconds
  kUuid,    // a random version 4 UUID
};
inline constexpr int kVariableCount = 3;

// The values of one send.
struct BeatVariables {
  uint64_t seq = 0;
  int64_t unix_ms = 0;
  std::array<uint8_t, 16> uuid{};

  // Appends the variable's text.
  void Append(Variable variable, std::string& out) const;
  // True when `text` is what Append would append.
  bool Equals(Variable variable, std::string_view text) const;
};

// Draws the variables that `uses` needs.
BeatVariables DrawVariables(uint64_t seq, WallTime now, bool needs_uuid, Random& random);

// Immutable; any thread.
class MessageTemplate {
 public:
  // An empty text.
  MessageTemplate() = default;

  // Text with ${seq}, ${unix_ms}, ${uuid}; "$${" stands for "${". INVALID_ARGUMENT names an unknown variable.
  static absl::StatusOr<MessageTemplate> FromText(std::string_view text);
  // JSON text in which a string that is just "${name}" stands for the raw token of a number variable (seq, unix_ms) and
  // for a JSON string of uuid; inside longer strings variables are text. Written compactly.
  static absl::StatusOr<MessageTemplate> FromJson(std::string_view json);
  // Hexadecimal with spaces; no variables. Gives a binary frame.
  static absl::StatusOr<MessageTemplate> FromHex(std::string_view hex);

  FrameKind kind() const { return kind_; }
  bool Uses(Variable variable) const { return (used_ & (1u << static_cast<int>(variable))) != 0; }
  // Upper bound of an expansion's size.
  size_t MaxSize() const;
  // Appends the expansion to `out`.
  void Expand(const BeatVariables& variables, std::string& out) const;

  // Same kind, literals and variables.
  friend bool operator==(const MessageTemplate&, const MessageTemplate&) = default;

 private:
  friend class TemplateBuilder;

  // A literal, then perhaps a variable.
  struct Part {
    std::string literal;
    int variable = -1;  // Variable, or -1

    friend bool operator==(const Part&, const Part&) = default;
  };

  FrameKind kind_ = FrameKind::kText;
  uint8_t used_ = 0;
  std::vector<Part> parts_;
};

// Decodes "10 0a FF". INVALID_ARGUMENT says what was expected.
absl::StatusOr<std::string> DecodeHex(std::string_view hex);

}  // namespace holter::core
