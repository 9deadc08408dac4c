#include "registry/filter_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace holter::registry {
namespace {

using Kind = FilterToken::Kind;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kEndsText = " \t\r\n()\"'<>=!:,";

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view filter) : filter_(filter) {}

  absl::StatusOr<std::vector<FilterToken>> Run() {
    while (true) {
      at_ = std::min(filter_.find_first_not_of(kSpace, at_), filter_.size());
      absl::StatusOr<FilterToken> token = Next();
      if (!token.ok()) return token.status();
      tokens_.push_back(*std::move(token));
      if (tokens_.back().kind == Kind::kEnd) return std::move(tokens_);
    }
  }

 private:
  absl::StatusOr<FilterToken> Next() {
    const size_t begin = at_;
    if (begin == filter_.size()) return FilterToken{.kind = Kind::kEnd, .text = {}, .place = begin};
    switch (filter_[begin]) {
      case '(':
        return Take(Kind::kOpen, 1);
      case ')':
        return Take(Kind::kClose, 1);
      case '"':
      case '\'':
        return Quoted();
      case '<':
      case '>':
      case '!':
      case '=':
      case ':':
        return Comparator();
      case ',':
        return FilterError(begin, "expected no comma: functions are not supported");
      default:
        // A minus negates a term; behind a comparator it belongs to the value.
        if (filter_[begin] == '-' && !IsBehindComparator()) return Take(Kind::kNot, 1);
        return Word();
    }
  }

  bool IsBehindComparator() const { return !tokens_.empty() && tokens_.back().kind == Kind::kComparator; }

  FilterToken Take(Kind kind, size_t size) {
    FilterToken token{.kind = kind, .text = std::string(filter_.substr(at_, size)), .place = at_};
    at_ += size;
    return token;
  }

  FilterToken Word() {
    const size_t end = std::min(filter_.find_first_of(kEndsText, at_), filter_.size());
    FilterToken token = Take(Kind::kText, end - at_);
    if (token.text == "AND") token.kind = Kind::kAnd;
    if (token.text == "OR") token.kind = Kind::kOr;
    if (token.text == "NOT") token.kind = Kind::kNot;
    return token;
  }

  absl::StatusOr<FilterToken> Comparator() {
    for (const std::string_view comparator : {"<=", ">=", "!=", "<", ">", "=", ":"}) {
      if (filter_.substr(at_).starts_with(comparator)) return Take(Kind::kComparator, comparator.size());
    }
    return FilterError(at_, "expected \"!=\" or NOT in place of \"!\"");
  }

  absl::StatusOr<FilterToken> Quoted() {
    FilterToken token{.kind = Kind::kString, .text = {}, .place = at_};
    const char quote = filter_[at_++];
    while (at_ < filter_.size() && filter_[at_] != quote) {
      if (filter_[at_] == '\\') ++at_;
      if (at_ < filter_.size()) token.text += filter_[at_++];
    }
    if (at_ >= filter_.size()) return FilterError(token.place, "expected a quotation mark that ends this text");
    ++at_;
    return token;
  }

  const std::string_view filter_;
  size_t at_ = 0;
  std::vector<FilterToken> tokens_;
};

}  // namespace

absl::Status FilterError(size_t place, std::string_view what) {
  return MakeInvalid({{.field = "filter", .description = fmt::format("at character {}: {}", place + 1, what)}});
}

absl::StatusOr<std::vector<FilterToken>> TokenizeFilter(std::string_view filter) { return Tokenizer(filter).Run(); }

}  // namespace holter::registry
