// Which sessions a caller wants: AIP-160, compiled once and asked for each session.
//
//   state = BACKOFF AND (reason = dns OR reason = tls_expired) AND NOT labels.team = "core"
//   name = "tenants/default/sessions/feed-*" health_time < "2026-01-31T08:00:00Z"
//
// As AIP-160 has it, OR binds tighter than AND, and terms side by side mean AND. Fields are listed in the comment of
// ListSessionsRequest.filter. Functions and terms without a field are refused.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "registry/filter_fields.h"

namespace holter::registry {

// Immutable; any thread.
class SessionFilter {
 public:
  static constexpr size_t kMostBytes = 2048;
  static constexpr int kMostDepth = 16;  // of parentheses and negations

  // "" matches everything. INVALID_ARGUMENT for the field `filter`, with the place and what was expected.
  static absl::StatusOr<SessionFilter> Parse(std::string_view text);

  bool Matches(const FilterSubject& subject) const { return test_ == nullptr || test_(subject); }
  bool empty() const { return test_ == nullptr; }

 private:
  explicit SessionFilter(FilterTest test) : test_(std::move(test)) {}

  FilterTest test_;
};

}  // namespace holter::registry
