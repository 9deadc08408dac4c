// RE2 as declarations use it: quiet, bounded, and with errors in its own words.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace holter::core {

// Compiled patterns are shared by all sessions that use them. INVALID_ARGUMENT carries RE2's words.
absl::StatusOr<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern);

inline re2::StringPiece ToPiece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace holter::core
