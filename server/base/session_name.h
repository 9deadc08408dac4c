// Resource names: tenants/{tenant}/sessions/{session}.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace holter {

// Both parts validated: [a-z]([a-z0-9-]{0,61}[a-z0-9])?
struct SessionName {
  std::string tenant;
  std::string session;

  std::string ToString() const { return "tenants/" + tenant + "/sessions/" + session; }
  friend bool operator==(const SessionName&, const SessionName&) = default;
};

bool IsResourceId(std::string_view text);

// The message of the error says what was expected; the caller names the field.
absl::StatusOr<SessionName> ParseSessionName(std::string_view name);

// "tenants/{tenant}" to the tenant; with `allow_wildcard` also "-".
absl::StatusOr<std::string> ParseParent(std::string_view parent, bool allow_wildcard);

}  // namespace holter
