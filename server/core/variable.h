// The built-in variables of the heartbeat language.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace holter::core {

enum class Variable : uint8_t {
  kSeq,     // 1, 2, … per connection and heartbeat
  kUnixMs,  // calendar time
  kUuid,    // a random version 4 UUID
  kUnixS,
  kUnixUs,
  kUnixNs,
  kIsoTime,  // RFC 3339, UTC, milliseconds
  kHexId,    // sixteen random hexadecimal digits
};
inline constexpr int kVariableCount = 8;

std::optional<Variable> FindVariable(std::string_view name);
// "seq, unix_ms, …", for errors.
std::string_view VariableNames();
// May stand in the URL and in headers: it speaks of no heartbeat.
bool IsDrawnAtDial(Variable variable);
// Its text is a number, which JSON writes without quotes.
bool IsNumber(Variable variable);
// It is the calendar's time, in one form or another.
bool IsTime(Variable variable);
// Upper bound of its text.
size_t MaxSize(Variable variable);

// The values of one send.
struct BeatVariables {
  uint64_t seq = 0;
  int64_t unix_ns = 0;
  std::array<uint8_t, 16> uuid{};
  uint64_t hex_id = 0;

  // Appends the variable's text.
  void Append(Variable variable, std::string& out) const;
  // The same, with times so much later.
  BeatVariables After(Duration later) const;
  // True when `text` is what Append would append.
  bool Equals(Variable variable, std::string_view text) const;
};

// `needs_random`: uuid or hex_id is used.
BeatVariables DrawVariables(uint64_t seq, WallTime now, bool needs_random, Random& random);

}  // namespace holter::core
