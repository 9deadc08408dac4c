#include "base/session_name.h"

#include <algorithm>

namespace holter {
namespace {

constexpr std::string_view kTenants = "tenants/";
constexpr std::string_view kSessions = "/sessions/";
constexpr size_t kLongestId = 63;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsAlnum(char c) { return IsLower(c) || (c >= '0' && c <= '9'); }

}  // namespace

bool IsResourceId(std::string_view text) {
  return !text.empty() && text.size() <= kLongestId && IsLower(text.front()) && IsAlnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsAlnum(c) || c == '-'; });
}

absl::StatusOr<SessionName> ParseSessionName(std::string_view name) {
  const size_t middle = name.find(kSessions);
  if (name.starts_with(kTenants) && middle != std::string_view::npos && middle >= kTenants.size()) {
    const std::string_view tenant = name.substr(kTenants.size(), middle - kTenants.size());
    const std::string_view session = name.substr(middle + kSessions.size());
    if (IsResourceId(tenant) && IsResourceId(session)) {
      return SessionName{std::string(tenant), std::string(session)};
    }
  }
  return absl::InvalidArgumentError(
      "expected tenants/{tenant}/sessions/{session}; both ids are lower-case letters, digits and hyphens, begin with a "
      "letter, do not end with a hyphen and have at most 63 characters");
}

absl::StatusOr<std::string> ParseParent(std::string_view parent, bool allow_wildcard) {
  if (parent.starts_with(kTenants)) {
    const std::string_view tenant = parent.substr(kTenants.size());
    if (IsResourceId(tenant) || (allow_wildcard && tenant == "-")) {
      return std::string(tenant);
    }
  }
  return absl::InvalidArgumentError(allow_wildcard ? "expected tenants/{tenant}, or tenants/- for all"
                                                   : "expected tenants/{tenant}");
}

}  // namespace holter
