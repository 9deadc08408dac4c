#include "core/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "core/variable.h"

namespace holter::core {
namespace {

constexpr size_t kLongestName = 31;
// Words of the language besides the built-in variables.
constexpr std::array<std::string_view, 5> kWords = {"message", "length", "secret", "interval", "if"};

bool IsScopeName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && absl::ascii_islower(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '_';
         });
}

absl::Status CheckName(std::string_view name) {
  if (!IsScopeName(name)) return absl::InvalidArgumentError("expected a name of the form [a-z][a-z0-9_]{0,30}");
  if (FindVariable(name) || std::find(kWords.begin(), kWords.end(), name) != kWords.end()) {
    return absl::InvalidArgumentError(fmt::format("\"{}\" is a word of the heartbeat language", name));
  }
  return absl::OkStatus();
}

std::string_view Word(Origin origin) {
  switch (origin) {
    case Origin::kParameter:
      return "a parameter";
    case Origin::kSecret:
      return "a secret";
    case Origin::kCapture:
      return "a captured value";
    case Origin::kSignature:
      break;
  }
  return "a signature";
}

}  // namespace

absl::StatusOr<size_t> Scope::Add(std::string_view name, Origin origin, Duration unit) {
  if (const std::optional<size_t> slot = Find(name)) {
    const ScopeEntry& known = entries_[*slot];
    if (known.origin != origin) {
      return absl::InvalidArgumentError(fmt::format("\"{}\" is the name of {}", name, Word(known.origin)));
    }
    if (known.unit != unit) {
      return absl::InvalidArgumentError(fmt::format("\"{}\" is captured with another unit elsewhere", name));
    }
    return *slot;
  }
  if (origin != Origin::kSecret) {
    if (absl::Status status = CheckName(name); !status.ok()) return status;
  }
  if (entries_.size() == kMost) {
    return absl::InvalidArgumentError(fmt::format("expected at most {} parameters, captures and secrets", kMost));
  }
  entries_.push_back({.name = std::string(name), .origin = origin, .unit = unit});
  return entries_.size() - 1;
}

std::optional<size_t> Scope::Find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [name](const ScopeEntry& entry) { return entry.name == name; });
  if (found == entries_.end()) return std::nullopt;
  return static_cast<size_t>(found - entries_.begin());
}

}  // namespace holter::core
