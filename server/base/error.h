// Errors that say which field, which limit and why, between rooms that know no proto. An Error is an absl::Status with
// payloads; rpc turns them into google.rpc details, the command line into text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace holter {

// One field and what was expected of it.
struct FieldViolation {
  std::string field;        // "spec.beats[0].interval"
  std::string description;  // "expected a duration with a unit such as \"20s\", got \"20\""

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// What an absl::Status made by this file carries.
struct ErrorDetails {
  std::string reason;  // UPPER_SNAKE_CASE for programs; empty if the status was made elsewhere
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<FieldViolation> violations;
};

// `reason` is UPPER_SNAKE_CASE; `metadata` holds every variable part of the message.
absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const std::vector<std::pair<std::string, std::string>>& metadata = {});

// INVALID_ARGUMENT, reason INVALID_FIELD, whose message lists the violations. `violations` must not be empty.
absl::Status MakeInvalid(const std::vector<FieldViolation>& violations);

// Empty details for a status without payloads of ours.
ErrorDetails DetailsOf(const absl::Status& status);

// True when the status carries `reason`.
bool HasReason(const absl::Status& status, std::string_view reason);

}  // namespace holter
