// From the text of a duration expression (duration_expression.h) to operations on a stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/scope.h"

namespace holter::core {

// Durations are nanoseconds on the stack.
struct ExpressionOp {
  enum class Kind : uint8_t {
    kConstant,
    kVariable,  // slot
    kInterval,
    // These take two and give one.
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kMin,
    kMax,
    kRandom,
  } kind = Kind::kConstant;
  double constant = 0;
  size_t slot = 0;
  // Of the variable.
  enum class Text : uint8_t { kNumber, kDuration } text = Text::kNumber;  // kDuration: with a unit
  double scale = 1;                                                       // of its number
  std::optional<double> fallback = {};

  friend bool operator==(const ExpressionOp&, const ExpressionOp&) = default;
};

struct ParsedExpression {
  static constexpr size_t kMostOps = 32;

  std::vector<ExpressionOp> ops;          // leaves one duration
  std::optional<ExpressionOp> condition;  // the variable after "if"

  // Without variable, interval and random.
  bool IsConstant() const;
};

// INVALID_ARGUMENT says what was expected and at which character.
absl::StatusOr<ParsedExpression> ParseExpression(std::string_view text, const Scope& scope, bool may_use_interval);

}  // namespace holter::core
