#include "registry/request_fields.h"

#include <iterator>
#include <utility>

#include "base/session_name.h"

namespace holter::registry {

std::string ReadParent(std::string_view parent, bool allow_wildcard, std::vector<FieldViolation>& violations) {
  absl::StatusOr<std::string> tenant = ParseParent(parent, allow_wildcard);
  if (tenant.ok()) return *std::move(tenant);
  violations.push_back({.field = "parent", .description = std::string(tenant.status().message())});
  return "";
}

void CheckResourceId(std::string_view field, std::string_view id, std::vector<FieldViolation>& violations) {
  if (IsResourceId(id)) return;
  violations.push_back({.field = std::string(field),
                        .description = "expected lower-case letters, digits and hyphens, beginning with a letter, not "
                                       "ending with a hyphen, at most 63 characters"});
}

bool AppendViolations(const absl::Status& status, std::vector<FieldViolation>& violations) {
  std::vector<FieldViolation> found = DetailsOf(status).violations;
  violations.insert(violations.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  return !found.empty();
}

}  // namespace holter::registry
