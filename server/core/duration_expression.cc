#include "core/duration_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/duration_text.h"
#include "core/expression_parser.h"

namespace holter::core {
namespace {

using Op = ExpressionOp;

constexpr size_t kQuotedText = 64;  // of a declared text, in an error

std::optional<double> AsNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<double> AsDuration(std::string_view text) {
  const absl::StatusOr<Duration> duration = ParseDuration(text);
  if (!duration.ok()) return std::nullopt;
  return static_cast<double>(duration->count());
}

// The value of a variable as nanoseconds or as a plain number; none when it is not known or nothing of the kind.
std::optional<double> ValueOf(const Op& op, const ValueStore& values) {
  const Value& value = values[op.slot];
  if (!value.known()) return op.fallback;
  if (op.text == Op::Text::kDuration) return AsDuration(value.text);
  const std::optional<double> number = AsNumber(value.text);
  return number ? std::optional(*number * op.scale) : std::nullopt;
}

// Known and not zero, whatever it is.
bool IsOn(const Op& op, const ValueStore& values) {
  const Value& value = values[op.slot];
  if (!value.known()) return op.fallback && *op.fallback != 0;
  if (const std::optional<double> number = AsNumber(value.text)) return *number != 0;
  if (const std::optional<double> duration = AsDuration(value.text)) return *duration != 0;
  return !value.text.empty() && value.text != "false";
}

double Apply(Op::Kind kind, double a, double b, Random& random) {
  switch (kind) {
    case Op::Kind::kAdd:
      return a + b;
    case Op::Kind::kSubtract:
      return a - b;
    case Op::Kind::kMultiply:
      return a * b;
    case Op::Kind::kDivide:
      return a / b;
    case Op::Kind::kMin:
      return std::min(a, b);
    case Op::Kind::kMax:
      return std::max(a, b);
    default:
      return a + (b - a) * Uniform01(random);
  }
}

}  // namespace

struct DurationExpression::Program {
  std::string text;
  Bounds bounds;
  ParsedExpression parsed;

  std::optional<double> Run(const ValueStore& values, Duration interval, Random& random) const {
    std::array<double, ParsedExpression::kMostOps> stack;
    size_t top = 0;
    for (const Op& op : parsed.ops) {
      switch (op.kind) {
        case Op::Kind::kConstant:
          stack[top++] = op.constant;
          break;
        case Op::Kind::kInterval:
          stack[top++] = static_cast<double>(interval.count());
          break;
        case Op::Kind::kVariable: {
          const std::optional<double> value = ValueOf(op, values);
          if (!value) return std::nullopt;
          stack[top++] = *value;
          break;
        }
        default:
          --top;
          stack[top - 1] = Apply(op.kind, stack[top - 1], stack[top], random);
      }
    }
    return stack[0];
  }

  Duration Clamp(double nanoseconds) const {
    // Also when it is no number at all.
    if (!(nanoseconds > static_cast<double>(bounds.least.count()))) return bounds.least;
    if (nanoseconds >= static_cast<double>(bounds.most.count())) return bounds.most;
    return Duration(static_cast<Duration::rep>(std::llround(nanoseconds)));
  }
};

DurationExpression DurationExpression::Constant(Duration value) {
  DurationExpression expression;
  expression.constant_ = value;
  return expression;
}

absl::StatusOr<DurationExpression> DurationExpression::Parse(std::string_view text, const Scope& scope,
                                                             const Bounds& bounds) {
  absl::StatusOr<ParsedExpression> parsed = ParseExpression(text, scope, bounds.may_use_interval);
  if (!parsed.ok()) return parsed.status();
  auto program = std::make_shared<Program>();
  program->text = std::string(text);
  program->bounds = bounds;
  program->parsed = *std::move(parsed);
  DurationExpression expression;
  if (!program->parsed.IsConstant()) {
    expression.program_ = std::move(program);
    return expression;
  }
  Random unused;
  const double value = program->Run({}, Duration::zero(), unused).value_or(NAN);
  if (!(value >= static_cast<double>(bounds.least.count()) && value <= static_cast<double>(bounds.most.count()))) {
    return absl::InvalidArgumentError(fmt::format("expected a duration from {} to {}, got \"{}\"",
                                                  FormatDuration(bounds.least), FormatDuration(bounds.most),
                                                  text.substr(0, kQuotedText)));
  }
  expression.constant_ = program->Clamp(value);
  return expression;
}

std::optional<Duration> DurationExpression::constant() const {
  return program_ ? std::nullopt : std::optional(constant_);
}

bool DurationExpression::always() const { return !program_ || !program_->parsed.condition; }

bool DurationExpression::random() const {
  return program_ && std::any_of(program_->parsed.ops.begin(), program_->parsed.ops.end(),
                                 [](const Op& op) { return op.kind == Op::Kind::kRandom; });
}

bool DurationExpression::Uses(size_t slot) const {
  if (!program_) return false;
  const auto uses = [slot](const Op& op) { return op.kind == Op::Kind::kVariable && op.slot == slot; };
  const ParsedExpression& parsed = program_->parsed;
  return std::any_of(parsed.ops.begin(), parsed.ops.end(), uses) || (parsed.condition && uses(*parsed.condition));
}

bool DurationExpression::UsesVariables() const {
  if (!program_) return false;
  const ParsedExpression& parsed = program_->parsed;
  return parsed.condition ||
         std::any_of(parsed.ops.begin(), parsed.ops.end(), [](const Op& op) { return op.kind == Op::Kind::kVariable; });
}

absl::Status DurationExpression::CheckValue(size_t slot, std::string_view text) const {
  if (!program_) return absl::OkStatus();
  ValueStore values(slot + 1);
  values.Set(slot, Value::Kind::kText, text);
  const ParsedExpression& parsed = program_->parsed;
  if (parsed.condition && parsed.condition->slot == slot && !IsOn(*parsed.condition, values)) return absl::OkStatus();
  for (const Op& op : parsed.ops) {
    if (op.kind != Op::Kind::kVariable || op.slot != slot || ValueOf(op, values)) continue;
    return absl::InvalidArgumentError(
        op.text == Op::Text::kDuration ? "expected a duration with a unit, such as 20s or 1m30s" : "expected a number");
  }
  return absl::OkStatus();
}

std::optional<Duration> DurationExpression::Evaluate(const ValueStore& values, Duration interval,
                                                     Random& random) const {
  if (!program_) return constant_;
  if (program_->parsed.condition && !IsOn(*program_->parsed.condition, values)) return std::nullopt;
  const std::optional<double> value = program_->Run(values, interval, random);
  if (!value) return std::nullopt;
  return program_->Clamp(*value);
}

bool operator==(const DurationExpression& a, const DurationExpression& b) {
  if (!a.program_ || !b.program_) return !a.program_ && !b.program_ && a.constant_ == b.constant_;
  const DurationExpression::Program& x = *a.program_;
  const DurationExpression::Program& y = *b.program_;
  return x.text == y.text && x.bounds == y.bounds && x.parsed.ops == y.parsed.ops &&
         x.parsed.condition == y.parsed.condition;
}

}  // namespace holter::core
