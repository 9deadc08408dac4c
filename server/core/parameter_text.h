// Texts outside of messages, the URL and headers of the upgrade, in which ${name} stands for a parameter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace holter::core {

// What a name stands for; none: it stays as it is.
using ParameterLookup = absl::FunctionRef<std::optional<std::string>(std::string_view name)>;

// Every ${name} with a name of lower-case letters, digits and underscores is looked up; anything else stays.
std::string ReplaceParameters(std::string_view text, ParameterLookup lookup);

// RFC 3986 section 2.1: everything but unreserved characters.
std::string PercentEncode(std::string_view text);

}  // namespace holter::core
