// The words of a filter (AIP-160), each with its place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace holter::registry {

struct FilterToken {
  enum class Kind {
    kText,    // a bare word, dots and wildcards included
    kString,  // was quoted; `text` is without quotes and escapes
    kComparator,
    kAnd,
    kOr,
    kNot,   // NOT, or a minus in front of a term
    kOpen,  // parentheses
    kClose,
    kEnd,
  };

  Kind kind = Kind::kEnd;
  std::string text;
  size_t place = 0;  // of its first byte
};

// The last one is kEnd. INVALID_ARGUMENT for the field `filter`.
absl::StatusOr<std::vector<FilterToken>> TokenizeFilter(std::string_view filter);

// INVALID_ARGUMENT for the field `filter`: "at character 5: <what>". Places are told from 1.
absl::Status FilterError(size_t place, std::string_view what);

}  // namespace holter::registry
