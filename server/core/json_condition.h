// Conditions on values of JSON messages, compiled.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/json_pointer.h"
#include "core/json_tape.h"

namespace holter::core {

// Everything that is set has to hold of the value at `pointer`.
struct JsonCondition {
  JsonPointer pointer;
  std::optional<JsonPointer> inside = {};  // the value at `pointer` is a string that holds JSON
  std::vector<std::string> one_of = {};    // JSON texts; numbers compare as numbers; empty: any value
  std::optional<bool> exists = {};
  JsonType type = JsonType::kAny;
  std::optional<double> at_least = {};
  std::optional<double> below = {};
  std::string regex = {};  // RE2; empty: none

  friend bool operator==(const JsonCondition&, const JsonCondition&) = default;
};

// Immutable; any thread.
class CompiledCondition {
 public:
  // INVALID_ARGUMENT begins with the field that is wrong: "one_of[0]: …", "regex: …".
  static absl::StatusOr<CompiledCondition> Compile(JsonCondition condition);

  bool Holds(const JsonTape& message) const;
  const JsonCondition& declared() const { return declared_; }

 private:
  bool HoldsAt(const JsonTape& tape, std::optional<size_t> place) const;
  bool AsksOfValue() const;
  bool IsOneOf(const JsonTape& tape, size_t place) const;
  bool IsInRange(const JsonTape& tape, size_t place) const;

  JsonCondition declared_;
  std::vector<std::shared_ptr<const JsonTape>> values_;  // one_of
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace holter::core
