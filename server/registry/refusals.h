// What is checked of more than one call, and the words in which it is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/error.h"
#include "base/session_name.h"
#include "registry/session_record.h"

namespace holter::registry {

// INVALID_ARGUMENT names `field`.
absl::StatusOr<SessionName> ParseNameField(std::string_view field, const std::string& text);

// NOT_FOUND, SESSION_NOT_FOUND.
absl::Status SessionNotFound(const std::string& name);
// ALREADY_EXISTS, SESSION_EXISTS.
absl::Status SessionExists(const std::string& name);

// ABORTED, CONCURRENT_CHANGE: too many wait for the turn of `name`.
absl::Status ConcurrentChange(const std::string& name);

// FAILED_PRECONDITION, FILE_MANAGED, when the API may not change what is declared.
absl::Status CheckNotFiled(const SessionRecord& record);
// The same, and OWNED_BY_OTHER when only `owner` may; "": who owns nothing.
absl::Status CheckChangeable(const SessionRecord& record, std::string_view owner = "");
// ABORTED, ETAG_MISMATCH, when `etag` is set and that of another version.
absl::Status CheckEtag(const std::string& etag, const SessionRecord& record);

}  // namespace holter::registry
