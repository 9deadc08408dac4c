#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/cord.h"

namespace holter {
namespace {

// Payload keys. Violations are numbered because payloads have no order.
constexpr std::string_view kReasonKey = "holter/reason";
constexpr std::string_view kMetadataPrefix = "holter/metadata/";
constexpr std::string_view kFieldPrefix = "holter/field/";
constexpr size_t kOrdinalWidth = 4;

absl::string_view AbslView(std::string_view text) { return {text.data(), text.size()}; }

void Attach(absl::Status& status, std::string_view key, std::string_view value) {
  status.SetPayload(AbslView(key), absl::Cord(AbslView(value)));
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const std::vector<std::pair<std::string, std::string>>& metadata) {
  absl::Status status(code, AbslView(message));
  Attach(status, kReasonKey, reason);
  for (const auto& [key, value] : metadata) {
    Attach(status, fmt::format("{}{}", kMetadataPrefix, key), value);
  }
  return status;
}

absl::Status MakeInvalid(const std::vector<FieldViolation>& violations) {
  std::string message;
  for (const FieldViolation& violation : violations) {
    message += fmt::format("{}{}: {}", message.empty() ? "" : "; ", violation.field, violation.description);
  }
  absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", message);
  size_t ordinal = 0;
  for (const FieldViolation& violation : violations) {
    Attach(status, fmt::format("{}{:0{}}/{}", kFieldPrefix, ordinal++, kOrdinalWidth, violation.field),
           violation.description);
  }
  return status;
}

ErrorDetails DetailsOf(const absl::Status& status) {
  ErrorDetails details;
  std::vector<std::pair<std::string, std::string>> fields;
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    const std::string_view key(type_url.data(), type_url.size());
    if (key == kReasonKey) {
      details.reason = std::string(payload);
    } else if (key.starts_with(kMetadataPrefix)) {
      details.metadata.emplace_back(key.substr(kMetadataPrefix.size()), std::string(payload));
    } else if (key.starts_with(kFieldPrefix)) {
      fields.emplace_back(key.substr(kFieldPrefix.size()), std::string(payload));
    }
  });
  std::sort(details.metadata.begin(), details.metadata.end());
  std::sort(fields.begin(), fields.end());
  for (auto& [key, description] : fields) {
    details.violations.push_back({key.substr(kOrdinalWidth + 1), std::move(description)});
  }
  return details;
}

bool HasReason(const absl::Status& status, std::string_view reason) {
  const auto payload = status.GetPayload(AbslView(kReasonKey));
  return payload.has_value() && *payload == AbslView(reason);
}

}  // namespace holter
