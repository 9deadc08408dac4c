// Values of JSON texts by where they stand, in a form in which equal values have equal texts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace holter::core {

// A value found in a JSON text.
struct JsonFound {
  // Equal for equal values: numbers by value whatever their size, objects whatever the order of their members.
  std::string canonical;
  // A string's content or a number's raw token; none for other kinds.
  std::optional<std::string> scalar;
};

// The canonical form of a whole text. INVALID_ARGUMENT if it is not JSON.
absl::StatusOr<std::string> CanonicalJson(std::string_view text);

// The values at `places` (tokens of RFC 6901 pointers), in their order; none where there is no value. False if `text`
// is not JSON. Of members with the same name the last one counts.
bool FindInJson(std::string_view text, const std::vector<const std::vector<std::string>*>& places,
                std::vector<std::optional<JsonFound>>& found);

}  // namespace holter::core
