#include "core/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/duration_text.h"

namespace holter::core {
namespace {

using Op = ExpressionOp;
using OpKind = Op::Kind;

constexpr size_t kLongestExpression = 256;
constexpr int kDeepestExpression = 16;
constexpr size_t kQuotedVariable = 32;
constexpr std::array<std::pair<std::string_view, OpKind>, 3> kFunctions = {
    {{"min", OpKind::kMin}, {"max", OpKind::kMax}, {"random", OpKind::kRandom}}};

// What a part of the expression is. A parameter is what its use demands.
enum class Type : uint8_t { kNumber, kDuration, kEither };

// Recursive descent; every method says whether it went well, and if not, why in `status_`.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, const Scope& scope, bool may_use_interval)
      : text_(text), scope_(scope), may_use_interval_(may_use_interval) {}

  absl::StatusOr<ParsedExpression> Parse() {
    if (text_.size() > kLongestExpression) {
      return absl::InvalidArgumentError(fmt::format("expected at most {} bytes", kLongestExpression));
    }
    Type type = Type::kNumber;
    if (!Sum(type)) return status_;
    if (type == Type::kNumber) {
      at_ = 0;
      return Expected("a duration such as \"20s\" or an expression that gives one");
    }
    Resolve(0, Type::kDuration);
    if (TakeWord("if") && !Condition()) return status_;
    SkipSpaces();
    if (at_ != text_.size()) return Expected("the end of the expression");
    return std::move(out_);
  }

 private:
  absl::Status Expected(std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("expected {}, at character {}", what, at_));
  }

  bool Fail(std::string_view what) {
    if (status_.ok()) status_ = Expected(what);
    return false;
  }

  void SkipSpaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  bool Take(char c) {
    SkipSpaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A name that ends where the word ends.
  bool TakeWord(std::string_view word) {
    SkipSpaces();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word)) return false;
    if (rest.size() > word.size()) {
      const auto next = static_cast<unsigned char>(rest[word.size()]);
      if (absl::ascii_isalnum(next) || next == '_') return false;
    }
    at_ += word.size();
    return true;
  }

  bool Push(const Op& op) {
    if (out_.ops.size() == ParsedExpression::kMostOps) {
      return Fail(fmt::format("at most {} operations", ParsedExpression::kMostOps));
    }
    out_.ops.push_back(op);
    return true;
  }

  bool PushOperator(OpKind kind) { return Push({.kind = kind}); }

  // Parameters from operation `begin` on that could be either become one of the two. What is only compared, added and
  // taken the least of has one type.
  void Resolve(size_t begin, Type type) {
    for (size_t i = begin; i < out_.ops.size(); ++i) {
      Op& op = out_.ops[i];
      if (op.kind == OpKind::kVariable && scope_[op.slot].origin == Origin::kParameter && !resolved_[i]) {
        op.text = type == Type::kDuration ? Op::Text::kDuration : Op::Text::kNumber;
        resolved_[i] = true;
      }
    }
  }

  bool Sum(Type& type) {
    size_t left = out_.ops.size();
    if (!Product(type)) return false;
    for (;;) {
      const bool adds = Take('+');
      if (!adds && !Take('-')) return true;
      const size_t right = out_.ops.size();
      Type other = Type::kNumber;
      if (!Product(other)) return false;
      if (!Unify(left, type, right, other)) return Fail("two durations or two numbers on both sides of + and -");
      if (!PushOperator(adds ? OpKind::kAdd : OpKind::kSubtract)) return false;
    }
  }

  // Both sides have one type; `type` becomes it.
  bool Unify(size_t left, Type& type, size_t right, Type other) {
    if (type == other) return true;
    if (type == Type::kEither) {
      Resolve(left, other);
      type = other;
      return true;
    }
    if (other != Type::kEither) return false;
    Resolve(right, type);
    return true;
  }

  bool Product(Type& type) {
    const size_t left = out_.ops.size();
    if (!Factor(type)) return false;
    for (;;) {
      const bool multiplies = Take('*');
      if (!multiplies && !Take('/')) return true;
      const size_t right = out_.ops.size();
      Type other = Type::kNumber;
      if (!Factor(other)) return false;
      if (!multiplies && other == Type::kDuration) return Fail("a number after /");
      if (type == Type::kDuration && other == Type::kDuration) return Fail("a duration times a number");
      if (type == Type::kDuration || !multiplies) {
        Resolve(right, Type::kNumber);
      } else if (other == Type::kDuration) {
        Resolve(left, Type::kNumber);
        type = Type::kDuration;
      } else if (type == Type::kEither && other == Type::kEither) {
        return Fail("a number on one side of *: of two parameters it is not known which is the duration");
      } else if (other == Type::kEither) {
        type = Type::kEither;
      }
      if (!PushOperator(multiplies ? OpKind::kMultiply : OpKind::kDivide)) return false;
    }
  }

  bool Factor(Type& type) {
    SkipSpaces();
    if (depth_ == kDeepestExpression) return Fail("fewer brackets in one another");
    if (Take('(')) {
      ++depth_;
      const bool good = Sum(type) && (Take(')') || Fail("\")\""));
      --depth_;
      return good;
    }
    if (text_.substr(at_).starts_with("${")) return Variable(type);
    if (TakeWord("interval")) {
      if (!may_use_interval_) return Fail("no \"interval\" here: it is the beat's own, in timeout and first_delay");
      type = Type::kDuration;
      return PushOperator(OpKind::kInterval);
    }
    for (const auto& [name, kind] : kFunctions) {
      if (TakeWord(name)) return Function(kind, type);
    }
    return Constant(type);
  }

  bool Function(OpKind kind, Type& type) {
    if (!Take('(')) return Fail("\"(\" after min, max or random");
    ++depth_;
    const size_t left = out_.ops.size();
    if (!Sum(type)) return false;
    int count = 1;
    while (Take(',')) {
      const size_t right = out_.ops.size();
      Type other = Type::kNumber;
      if (!Sum(other)) return false;
      if (!Unify(left, type, right, other)) return Fail("arguments that are all durations or all numbers");
      if (++count > 4 || (count > 2 && kind == OpKind::kRandom)) return Fail("fewer arguments");
      if (!PushOperator(kind)) return false;
    }
    --depth_;
    if (count < 2) return Fail("at least two arguments");
    return Take(')') || Fail("\")\"");
  }

  bool Constant(Type& type) {
    const size_t begin = at_;
    while (at_ < text_.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) {
      ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    Op op;
    if (!ReadConstant(word, op.constant, type)) {
      at_ = begin;
      return Fail("a duration such as \"20s\", a number, ${name}, min, max, random or \"(\"");
    }
    return Push(op);
  }

  static bool ReadConstant(std::string_view word, double& value, Type& type) {
    if (word.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(word[0]))) return false;
    if (const absl::StatusOr<Duration> duration = ParseDuration(word); duration.ok()) {
      type = Type::kDuration;
      value = static_cast<double>(duration->count());
      return true;
    }
    type = Type::kNumber;
    return std::all_of(word.begin(), word.end(),
                       [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.'; }) &&
           absl::SimpleAtod(absl::string_view(word.data(), word.size()), &value);
  }

  // "${name}" or "${name:-20s}".
  bool Variable(Type& type) {
    const size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) return Fail("\"}\" after \"${\"");
    std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
    std::optional<std::string_view> fallback;
    if (const size_t mark = name.find(":-"); mark != std::string_view::npos) {
      fallback = name.substr(mark + 2);
      name = name.substr(0, mark);
    }
    const std::optional<size_t> slot = scope_.Find(name);
    if (!slot || scope_[*slot].origin == Origin::kSecret || scope_[*slot].origin == Origin::kSignature) {
      return Fail(fmt::format("a duration, or the name of a parameter or captured value, not \"{}\"",
                              name.substr(0, kQuotedVariable)));
    }
    Op op;
    op.kind = OpKind::kVariable;
    op.slot = *slot;
    const ScopeEntry& entry = scope_[*slot];
    if (entry.unit != Duration::zero()) {
      type = Type::kDuration;
      op.scale = static_cast<double>(entry.unit.count());
    } else {
      type = entry.origin == Origin::kParameter ? Type::kEither : Type::kNumber;
    }
    Type of_fallback = type;
    double value = 0;
    if (fallback && (!ReadConstant(*fallback, value, of_fallback) || (type != Type::kEither && of_fallback != type))) {
      return Fail("a default of the same kind as the variable");
    }
    if (fallback) {
      op.fallback = value;
      type = of_fallback;
    }
    at_ = end + 1;
    if (!Push(op)) return false;
    if (fallback) Resolve(out_.ops.size() - 1, type);
    return true;
  }

  bool Condition() {
    SkipSpaces();
    Type type = Type::kNumber;
    if (!text_.substr(at_).starts_with("${")) return Fail("${name} after \"if\"");
    if (!Variable(type)) return false;
    out_.condition = out_.ops.back();
    out_.ops.pop_back();
    return true;
  }

  std::string_view text_;
  const Scope& scope_;
  const bool may_use_interval_;
  size_t at_ = 0;
  int depth_ = 0;
  std::array<bool, ParsedExpression::kMostOps> resolved_{};
  ParsedExpression out_;
  absl::Status status_;
};

}  // namespace

bool ParsedExpression::IsConstant() const {
  return !condition && std::none_of(ops.begin(), ops.end(), [](const Op& op) {
    return op.kind == OpKind::kVariable || op.kind == OpKind::kInterval || op.kind == OpKind::kRandom;
  });
}

absl::StatusOr<ParsedExpression> ParseExpression(std::string_view text, const Scope& scope, bool may_use_interval) {
  return ExpressionParser(text, scope, may_use_interval).Parse();
}

}  // namespace holter::core
