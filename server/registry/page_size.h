// How much of a list is told at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/error.h"

namespace holter::registry {

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMostPageSize = 1000;

// 0 is the default; what is less is a violation of the field `page_size`.
inline size_t ParsePageSize(int page_size, std::vector<FieldViolation>& violations) {
  if (page_size < 0) {
    violations.push_back({.field = "page_size", .description = "expected 0 (the default, 100) or more"});
  }
  return static_cast<size_t>(page_size > 0 ? std::min(page_size, kMostPageSize) : kDefaultPageSize);
}

}  // namespace holter::registry
