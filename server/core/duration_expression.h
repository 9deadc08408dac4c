// Durations that are computed: "20s", "max(10s, ${server_wants}) if ${server_wants}", "random(0.5, 1) * interval".
//
//   expression := sum ["if" variable]
//   sum        := product (("+" | "-") product)*
//   product    := factor (("*" | "/") factor)*
//   factor     := DURATION | NUMBER | variable | "interval" | name "(" sum ("," sum)* ")" | "(" sum ")"
//   name       := "min" | "max" | "random"                     min and max of 2 to 4, random of 2
//   variable   := "${" NAME [":-" DURATION-or-NUMBER] "}"
//
// Checked when parsed: durations are added to durations only, multiplied and divided by numbers, and the whole is a
// duration. A variable with a unit in its scope is a duration; a parameter may hold a duration with a unit or a number,
// and is what its use demands; any other capture is a number.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/scope.h"
#include "core/value.h"

namespace holter::core {

// Immutable; any thread; cheap to copy.
class DurationExpression {
 public:
  // What an expression may hold, and where its result is clamped to.
  struct Bounds {
    Duration least = Duration::zero();
    Duration most = std::chrono::hours(24);
    bool may_use_interval = false;

    friend bool operator==(const Bounds&, const Bounds&) = default;
  };

  // Zero, constant.
  DurationExpression() = default;
  // A constant, trusted to be within its bounds.
  static DurationExpression Constant(Duration value);
  // INVALID_ARGUMENT says what was expected and at which character. A constant outside the bounds is an error;
  // everything else is clamped when it is evaluated. At most 256 bytes, 32 operations.
  static absl::StatusOr<DurationExpression> Parse(std::string_view text, const Scope& scope, const Bounds& bounds);

  // A plain duration, or an expression without variable, `interval` and random.
  std::optional<Duration> constant() const;
  // Never off: there is no "if".
  bool always() const;
  // Uses random: later evaluations differ.
  bool random() const;
  // The variables that it uses.
  bool Uses(size_t slot) const;
  bool UsesVariables() const;

  // INVALID_ARGUMENT says what was expected of the variable's value, if nothing can be computed with this one. An "if"
  // that it turns off needs no value.
  absl::Status CheckValue(size_t slot, std::string_view text) const;

  // Nothing: off ("if" says so), or a variable without default is not known yet or holds no number. The result is
  // clamped to the bounds; NaN and negative count as the least. `interval` is of the beat, zero if there is none.
  std::optional<Duration> Evaluate(const ValueStore& values, Duration interval, Random& random) const;

  // Written alike, with the same bounds.
  friend bool operator==(const DurationExpression& a, const DurationExpression& b);

 private:
  struct Program;

  Duration constant_ = Duration::zero();
  std::shared_ptr<const Program> program_;  // null: constant_
};

}  // namespace holter::core
