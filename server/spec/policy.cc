#include "spec/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/duration_text.h"
#include "spec/enum_words.h"

namespace holter::spec {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMostRules = 32;
constexpr size_t kLongestCloseReason = 123;

// Numbers that a rule may name.
struct CodeBounds {
  uint16_t first;
  uint16_t last;
};
constexpr CodeBounds kCloseCodes = {1000, 4999};
constexpr CodeBounds kHttpStatuses = {200, 599};

std::optional<uint16_t> ParseCode(std::string_view text, CodeBounds bounds) {
  uint16_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc() || end != text.data() + text.size() || code < bounds.first || code > bounds.last) {
    return std::nullopt;
  }
  return code;
}

void CompileRange(const std::string& text, CodeBounds bounds, const FieldPath& at, core::CloseRule& out) {
  const size_t dash = text.find('-');
  const std::string_view all = text;
  const std::optional<uint16_t> first = ParseCode(all.substr(0, dash), bounds);
  const std::optional<uint16_t> last = dash == std::string::npos ? first : ParseCode(all.substr(dash + 1), bounds);
  if (!first || !last || *first > *last) {
    at.Refuse(fmt::format("expected a number from {} to {} or a range such as \"{}-{}\", got {}", bounds.first,
                          bounds.last, bounds.last - 99, bounds.last, Quoted(text)));
    return;
  }
  out.first = *first;
  out.last = *last;
}

core::RetryClass ClassOf(v1::RetryClass retry) {
  switch (retry) {
    case v1::RETRY_CLASS_AT_ONCE:
      return core::RetryClass::kAtOnce;
    case v1::RETRY_CLASS_SLOW:
      return core::RetryClass::kSlow;
    case v1::RETRY_CLASS_NEVER:
      return core::RetryClass::kNever;
    default:
      return core::RetryClass::kBackOff;
  }
}

core::CloseRule CompileRule(const v1::CloseRule& rule, const FieldPath& at) {
  core::CloseRule out;
  switch (rule.what_case()) {
    case v1::CloseRule::kCloseCodes:
      out.kind = core::CloseRule::Kind::kCloseCode;
      CompileRange(rule.close_codes(), kCloseCodes, at.Field("close_codes"), out);
      break;
    case v1::CloseRule::kHttpStatuses:
      out.kind = core::CloseRule::Kind::kHttpStatus;
      CompileRange(rule.http_statuses(), kHttpStatuses, at.Field("http_statuses"), out);
      break;
    case v1::CloseRule::WHAT_NOT_SET:
      at.Refuse("expected exactly one of close_codes, http_statuses");
      break;
  }
  if (rule.then() == v1::RETRY_CLASS_UNSPECIFIED) {
    at.Field("then").Refuse(fmt::format("required: one of {}", EnumChoices(*v1::RetryClass_descriptor())));
  } else if (CheckEnum(at.Field("then"), *v1::RetryClass_descriptor(), rule.then())) {
    out.then = ClassOf(rule.then());
  }
  return out;
}

}  // namespace

void CompileReconnect(const v1::ReconnectPolicy& policy, const FieldPath& at, core::ReconnectSpec& out) {
  ReadDuration(at.Field("first_delay"), policy.first_delay(), milliseconds(50), hours(1), out.first_delay);
  if (policy.has_factor()) {
    ReadNumber(at.Field("factor"), policy.factor(), 1, 10, out.factor);
  }
  if (policy.max_delay().empty()) {
    out.max_delay = std::max(out.max_delay, out.first_delay);
  } else {
    ReadDuration(at.Field("max_delay"), policy.max_delay(), out.first_delay, hours(24), out.max_delay);
  }
  if (policy.has_jitter()) {
    ReadNumber(at.Field("jitter"), policy.jitter(), 0, 1, out.jitter);
  }
  ReadDuration(at.Field("stable_after"), policy.stable_after(), seconds(1), hours(24), out.stable_after);
  ReadDuration(at.Field("retry_after_max"), policy.retry_after_max(), Duration::zero(), hours(24), out.retry_after_max);
}

void CompileClosePolicy(const v1::ClosePolicy& policy, const FieldPath& at, core::ClosePolicySpec& out) {
  if (CheckCount(at.Field("rules"), policy.rules_size(), kMostRules)) {
    for (int i = 0; i < policy.rules_size(); ++i) {
      out.rules.push_back(CompileRule(policy.rules(i), at.Field("rules").At(i)));
    }
  }
  const int code = policy.on_dead_code();
  if (code == 1000 || (code >= 3000 && code <= 4999)) {
    out.on_dead_code = static_cast<uint16_t>(code);
  } else if (code != 0) {
    at.Field("on_dead_code").Refuse(fmt::format("expected 1000 or 3000 to 4999, got {}", code));
  }
  if (policy.on_dead_reason().size() > kLongestCloseReason) {
    at.Field("on_dead_reason")
        .Refuse(fmt::format("expected at most {} bytes (RFC 6455 section 5.5), got {}", kLongestCloseReason,
                            policy.on_dead_reason().size()));
  }
  if (policy.on_dead_abort() && (code != 0 || !policy.on_dead_reason().empty())) {
    at.Field("on_dead_abort").Refuse("without a close frame there is neither code nor reason");
  }
  out.on_dead_reason = policy.on_dead_reason();
  out.on_dead_abort = policy.on_dead_abort();
}

}  // namespace holter::spec
