#include "registry/session_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "registry/filter_tokens.h"

namespace holter::registry {
namespace {

using Kind = FilterToken::Kind;

// Recursive descent over the grammar of AIP-160:
//   expression = factor { [AND] factor }
//   factor     = term { OR term }
//   term       = [NOT | -] ( "(" expression ")" | field comparator value )
class Parser {
 public:
  explicit Parser(std::vector<FilterToken> tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<FilterTest> Run() {
    absl::StatusOr<FilterTest> test = Expression(0);
    if (!test.ok()) return test;
    if (Peek().kind != Kind::kEnd) return FilterError(Peek().place, "expected no more, a parenthesis is not open");
    return test;
  }

 private:
  const FilterToken& Peek() const { return tokens_[at_]; }
  const FilterToken& Take() { return tokens_[Peek().kind == Kind::kEnd ? at_ : at_++]; }
  bool TakeIf(Kind kind) {
    if (Peek().kind != kind) return false;
    ++at_;
    return true;
  }
  bool BeginsTerm() const {
    return Peek().kind == Kind::kText || Peek().kind == Kind::kString || Peek().kind == Kind::kNot ||
           Peek().kind == Kind::kOpen;
  }

  absl::StatusOr<FilterTest> Expression(int depth) {
    std::vector<FilterTest> all;
    do {
      absl::StatusOr<FilterTest> factor = Factor(depth);
      if (!factor.ok()) return factor;
      all.push_back(*std::move(factor));
    } while (TakeIf(Kind::kAnd) || BeginsTerm());
    if (all.size() == 1) return std::move(all.front());
    return [all = std::move(all)](const FilterSubject& subject) {
      return std::all_of(all.begin(), all.end(), [&subject](const FilterTest& test) { return test(subject); });
    };
  }

  absl::StatusOr<FilterTest> Factor(int depth) {
    std::vector<FilterTest> any;
    do {
      absl::StatusOr<FilterTest> term = Term(depth);
      if (!term.ok()) return term;
      any.push_back(*std::move(term));
    } while (TakeIf(Kind::kOr));
    if (any.size() == 1) return std::move(any.front());
    return [any = std::move(any)](const FilterSubject& subject) {
      return std::any_of(any.begin(), any.end(), [&subject](const FilterTest& test) { return test(subject); });
    };
  }

  absl::StatusOr<FilterTest> Term(int depth) {
    if (depth >= SessionFilter::kMostDepth) {
      return FilterError(Peek().place, fmt::format("expected at most {} levels", SessionFilter::kMostDepth));
    }
    if (TakeIf(Kind::kNot)) {
      absl::StatusOr<FilterTest> negated = Term(depth + 1);
      if (!negated.ok()) return negated;
      return [test = *std::move(negated)](const FilterSubject& subject) { return !test(subject); };
    }
    if (TakeIf(Kind::kOpen)) {
      absl::StatusOr<FilterTest> inner = Expression(depth + 1);
      if (inner.ok() && !TakeIf(Kind::kClose)) return FilterError(Peek().place, "expected a closing parenthesis");
      return inner;
    }
    return Restriction();
  }

  absl::StatusOr<FilterTest> Restriction() {
    const FilterToken& field = Take();
    if (field.kind != Kind::kText) return FilterError(field.place, "expected a field such as state");
    const FilterToken& comparator = Take();
    if (comparator.kind != Kind::kComparator) {
      return FilterError(comparator.place, fmt::format("expected a comparator such as = behind \"{}\"", field.text));
    }
    const FilterToken& value = Take();
    if (value.kind != Kind::kText && value.kind != Kind::kString) {
      return FilterError(value.place, fmt::format("expected a value behind \"{}\"", comparator.text));
    }
    return CompileRestriction(field, comparator, value);
  }

  const std::vector<FilterToken> tokens_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<SessionFilter> SessionFilter::Parse(std::string_view text) {
  if (text.size() > kMostBytes) {
    return MakeInvalid({{.field = "filter", .description = fmt::format("expected at most {} bytes", kMostBytes)}});
  }
  absl::StatusOr<std::vector<FilterToken>> tokens = TokenizeFilter(text);
  if (!tokens.ok()) return tokens.status();
  if (tokens->size() == 1) return SessionFilter(nullptr);
  absl::StatusOr<FilterTest> test = Parser(*std::move(tokens)).Run();
  if (!test.ok()) return test.status();
  return SessionFilter(*std::move(test));
}

}  // namespace holter::registry
