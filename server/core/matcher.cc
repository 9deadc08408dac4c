#include "core/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "core/json_value.h"

namespace holter::core {
namespace {

constexpr int64_t kRegexMemory = int64_t{1} << 20;  // of one compiled pattern, shared by all sessions that use it

// A condition whose value is ready to be compared.
struct CompiledCondition {
  JsonCondition declared;
  std::string canonical;
};

const JsonPointer* PointerOf(const Correlation* correlation) {
  return correlation == nullptr ? nullptr : std::get_if<JsonPointer>(&correlation->place);
}

// True when all conditions hold and, if there is a pointer, a string or number stands at it.
bool JsonMatches(std::string_view message, const std::vector<CompiledCondition>& conditions, const JsonPointer* pointer,
                 std::string* echo) {
  std::vector<const std::vector<std::string>*> places;
  places.reserve(conditions.size() + 1);
  for (const CompiledCondition& condition : conditions) places.push_back(&condition.declared.pointer.tokens);
  if (pointer != nullptr) places.push_back(&pointer->tokens);
  std::vector<std::optional<JsonFound>> found;
  if (!FindInJson(message, places, found)) return false;
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (!found[i] || found[i]->canonical != conditions[i].canonical) return false;
  }
  if (pointer == nullptr) return true;
  if (!found.back() || !found.back()->scalar) return false;
  *echo = std::move(*found.back()->scalar);
  return true;
}

absl::StatusOr<std::string> UnescapeToken(std::string_view token) {
  std::string plain;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      plain += token[i];
      continue;
    }
    ++i;
    if (i == token.size() || (token[i] != '0' && token[i] != '1')) {
      return absl::InvalidArgumentError("expected ~0 (for ~) or ~1 (for /) after ~ in a JSON pointer (RFC 6901)");
    }
    plain += token[i] == '0' ? '~' : '/';
  }
  return plain;
}

}  // namespace

absl::StatusOr<JsonPointer> JsonPointer::Parse(std::string_view text) {
  JsonPointer pointer;
  if (text.empty()) return pointer;
  if (!text.starts_with('/')) {
    return absl::InvalidArgumentError("expected a JSON pointer (RFC 6901): empty, or starting with \"/\"");
  }
  for (size_t begin = 1; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    absl::StatusOr<std::string> token = UnescapeToken(text.substr(begin, end - begin));
    if (!token.ok()) return token.status();
    pointer.tokens.push_back(*std::move(token));
    begin = end + 1;
  }
  return pointer;
}

struct Matcher::Impl {
  enum class Kind : uint8_t { kText, kBytes, kRegex, kJson };

  Kind kind = Kind::kText;
  std::string text;  // text, bytes or pattern
  std::unique_ptr<const re2::RE2> regex;
  std::vector<CompiledCondition> conditions;

  bool Matches(std::string_view message) const {
    switch (kind) {
      case Kind::kText:
      case Kind::kBytes:
        return message == text;
      case Kind::kRegex:
        return re2::RE2::PartialMatch(re2::StringPiece(message.data(), message.size()), *regex);
      case Kind::kJson:
        return JsonMatches(message, conditions, nullptr, nullptr);
    }
    return false;
  }

  bool MatchesGroup(std::string_view message, int group, std::string& echo) const {
    if (kind != Kind::kRegex || group < 1 || group > regex->NumberOfCapturingGroups()) return false;
    std::vector<re2::StringPiece> groups(static_cast<size_t>(group) + 1);
    const re2::StringPiece all(message.data(), message.size());
    if (!regex->Match(all, 0, all.size(), re2::RE2::UNANCHORED, groups.data(), group + 1)) return false;
    if (groups.back().data() == nullptr) return false;
    echo.assign(groups.back().data(), groups.back().size());
    return true;
  }
};

Matcher Matcher::Text(std::string text) {
  auto impl = std::make_shared<Impl>();
  impl->kind = Impl::Kind::kText;
  impl->text = std::move(text);
  return Matcher(std::move(impl));
}

absl::StatusOr<Matcher> Matcher::Regex(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  auto impl = std::make_shared<Impl>();
  impl->kind = Impl::Kind::kRegex;
  impl->text = std::string(pattern);
  impl->regex = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!impl->regex->ok())
    return absl::InvalidArgumentError("expected a regular expression (RE2): " + impl->regex->error());
  return Matcher(std::move(impl));
}

Matcher Matcher::Bytes(std::string bytes) {
  auto impl = std::make_shared<Impl>();
  impl->kind = Impl::Kind::kBytes;
  impl->text = std::move(bytes);
  return Matcher(std::move(impl));
}

absl::StatusOr<Matcher> Matcher::Json(std::vector<JsonCondition> conditions) {
  auto impl = std::make_shared<Impl>();
  impl->kind = Impl::Kind::kJson;
  for (JsonCondition& condition : conditions) {
    absl::StatusOr<std::string> canonical = CanonicalJson(condition.equals);
    if (!canonical.ok()) return canonical.status();
    impl->conditions.push_back({.declared = std::move(condition), .canonical = *std::move(canonical)});
  }
  return Matcher(std::move(impl));
}

bool Matcher::Matches(std::string_view message) const { return impl_->Matches(message); }

bool Matcher::MatchesWithEcho(std::string_view message, const Correlation& correlation, std::string& echo) const {
  const JsonPointer* pointer = PointerOf(&correlation);
  if (pointer == nullptr) return impl_->MatchesGroup(message, std::get<int>(correlation.place), echo);
  if (impl_->kind != Impl::Kind::kJson && !impl_->Matches(message)) return false;
  return JsonMatches(message, impl_->conditions, pointer, &echo);
}

int Matcher::GroupCount() const {
  return impl_->kind == Impl::Kind::kRegex ? impl_->regex->NumberOfCapturingGroups() : 0;
}

bool operator==(const Matcher& a, const Matcher& b) {
  if (a.impl_ == b.impl_) return true;
  return a.impl_->kind == b.impl_->kind && a.impl_->text == b.impl_->text &&
         std::equal(a.impl_->conditions.begin(), a.impl_->conditions.end(), b.impl_->conditions.begin(),
                    b.impl_->conditions.end(), [](const auto& x, const auto& y) { return x.declared == y.declared; });
}

}  // namespace holter::core
