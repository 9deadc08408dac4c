// Fields that many requests have, read and checked in one way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/error.h"

namespace holter::registry {

// The tenant of `parent`, "-" for all where that is allowed; "" with a violation.
std::string ReadParent(std::string_view parent, bool allow_wildcard, std::vector<FieldViolation>& violations);

// The last part of a name, and whatever else follows its rules.
void CheckResourceId(std::string_view field, std::string_view id, std::vector<FieldViolation>& violations);

// Those of `status`. False: it has none, and is no error of a field.
bool AppendViolations(const absl::Status& status, std::vector<FieldViolation>& violations);

}  // namespace holter::registry
