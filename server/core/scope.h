// The names that a spec may use as ${name}, each with its slot in a session's ValueStore. Made while a spec is
// compiled, shared by its sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace holter::core {

// Where a variable's value comes from.
enum class Origin : uint8_t {
  kParameter,  // of the session, known from the start
  kSecret,     // "secret:name/key", known when the connection opens
  kCapture,    // known when the peer has said it
  kSignature,  // computed for the message in which it stands
};

struct ScopeEntry {
  std::string name;
  Origin origin = Origin::kCapture;
  // What the number is counted in; zero: it is no duration by itself.
  Duration unit = Duration::zero();

  friend bool operator==(const ScopeEntry&, const ScopeEntry&) = default;
};

class Scope {
 public:
  static constexpr size_t kMost = 64;

  // The slot. INVALID_ARGUMENT: not [a-z][a-z0-9_]{0,30} (secrets: any), a word of the language, too many, taken with
  // another origin or unit. The same capture may be added again.
  absl::StatusOr<size_t> Add(std::string_view name, Origin origin, Duration unit = Duration::zero());
  std::optional<size_t> Find(std::string_view name) const;
  const ScopeEntry& operator[](size_t slot) const { return entries_[slot]; }
  size_t size() const { return entries_.size(); }

  friend bool operator==(const Scope&, const Scope&) = default;

 private:
  std::vector<ScopeEntry> entries_;
};

}  // namespace holter::core
