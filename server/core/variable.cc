#include "core/variable.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/wall_time_text.h"

namespace holter::core {
namespace {

constexpr size_t kMaxDigits = 20;  // of a 64-bit integer with its sign
constexpr size_t kUuidChars = 36;
constexpr size_t kHexIdChars = 16;
constexpr size_t kIsoTimeChars = 24;
constexpr std::string_view kHexDigits = "0123456789abcdef";
// By the numbers of Variable.
constexpr std::array<std::string_view, kVariableCount> kNames = {"seq",     "unix_ms", "uuid",     "unix_s",
                                                                 "unix_us", "unix_ns", "iso_time", "hex_id"};

void AppendUuid(const std::array<uint8_t, 16>& uuid, std::string& out) {
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHexDigits[uuid[i] >> 4];
    out += kHexDigits[uuid[i] & 0xF];
  }
}

void AppendHex(uint64_t number, std::string& out) {
  for (int shift = 60; shift >= 0; shift -= 4) out += kHexDigits[number >> shift & 0xF];
}

template <typename Int>
void AppendDecimal(Int number, std::string& out) {
  std::array<char, kMaxDigits + 4> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

std::optional<Variable> FindVariable(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Variable>(i);
  }
  return std::nullopt;
}

std::string_view VariableNames() { return "seq, unix_s, unix_ms, unix_us, unix_ns, iso_time, uuid, hex_id"; }

bool IsDrawnAtDial(Variable variable) { return variable != Variable::kSeq; }

bool IsNumber(Variable variable) {
  return variable != Variable::kUuid && variable != Variable::kIsoTime && variable != Variable::kHexId;
}

bool IsTime(Variable variable) {
  return variable != Variable::kSeq && variable != Variable::kUuid && variable != Variable::kHexId;
}

size_t MaxSize(Variable variable) {
  switch (variable) {
    case Variable::kUuid:
      return kUuidChars;
    case Variable::kHexId:
      return kHexIdChars;
    case Variable::kIsoTime:
      return kIsoTimeChars;
    default:
      return kMaxDigits;
  }
}

void BeatVariables::Append(Variable variable, std::string& out) const {
  switch (variable) {
    case Variable::kSeq:
      return AppendDecimal(seq, out);
    case Variable::kUnixS:
      return AppendDecimal(unix_ns / 1'000'000'000, out);
    case Variable::kUnixMs:
      return AppendDecimal(unix_ns / 1'000'000, out);
    case Variable::kUnixUs:
      return AppendDecimal(unix_ns / 1'000, out);
    case Variable::kUnixNs:
      return AppendDecimal(unix_ns, out);
    case Variable::kUuid:
      return AppendUuid(uuid, out);
    case Variable::kHexId:
      return AppendHex(hex_id, out);
    case Variable::kIsoTime:
      return AppendWallTime(WallTime(Duration(unix_ns)), out);
  }
}

BeatVariables BeatVariables::After(Duration later) const {
  BeatVariables after = *this;
  after.unix_ns = std::min(unix_ns, std::numeric_limits<int64_t>::max() - later.count()) + later.count();
  return after;
}

bool BeatVariables::Equals(Variable variable, std::string_view text) const {
  std::string own;
  Append(variable, own);
  return own == text;
}

BeatVariables DrawVariables(uint64_t seq, WallTime now, bool needs_random, Random& random) {
  BeatVariables variables;
  variables.seq = seq;
  variables.unix_ns = now.time_since_epoch().count();
  if (!needs_random) return variables;
  for (size_t half = 0; half < 2; ++half) {
    uint64_t bits = random();
    for (size_t i = 0; i < 8; ++i, bits >>= 8) variables.uuid[half * 8 + i] = static_cast<uint8_t>(bits);
  }
  variables.uuid[6] = static_cast<uint8_t>((variables.uuid[6] & 0x0F) | 0x40);  // version 4, RFC 9562 section 5.4
  variables.uuid[8] = static_cast<uint8_t>((variables.uuid[8] & 0x3F) | 0x80);  // variant
  variables.hex_id = random();
  return variables;
}

}  // namespace holter::core
