#include "base/duration_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace holter {
namespace {

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};

// Longest names first where one is the beginning of another.
constexpr std::array<Unit, 6> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

absl::Status Malformed(std::string_view text) {
  return absl::InvalidArgumentError(
      fmt::format("expected a duration with a unit (ns, us, ms, s, m, h) such as \"20s\" or \"1m30s\", got \"{}\"",
                  text.substr(0, 40)));
}

const Unit* TakeUnit(std::string_view& rest) {
  const size_t length = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), rest.size());
  for (const Unit& unit : kUnits) {
    if (rest.substr(0, length) == unit.name) {
      rest.remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  // Sums stay far from the edge of 64 bits, so that adding one to a time point never overflows.
  constexpr double most = 0x1p61;
  std::string_view rest = text;
  if (rest.empty()) {
    return Malformed(text);
  }
  double total = 0;
  while (!rest.empty()) {
    if (rest.front() < '0' || rest.front() > '9') {
      return Malformed(text);
    }
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (error != std::errc()) {
      return Malformed(text);
    }
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const Unit* unit = TakeUnit(rest);
    if (unit == nullptr) {
      return Malformed(text);
    }
    total += number * static_cast<double>(unit->nanoseconds);
    if (!(total < most)) {
      return Malformed(text);
    }
  }
  return Duration(std::llround(total));
}

std::string FormatDuration(Duration duration) {
  int64_t left = duration.count();
  if (left == 0) {
    return "0s";
  }
  std::string out;
  if (left < 0) {
    out = "-";
    left = -left;
  }
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    const int64_t count = left / unit->nanoseconds;
    if (count > 0) {
      out += fmt::format("{}{}", count, unit->name);
      left -= count * unit->nanoseconds;
    }
  }
  return out;
}

}  // namespace holter
