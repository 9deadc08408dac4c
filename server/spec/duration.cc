#include "spec/duration.h"

namespace holter::spec {

std::optional<core::DurationExpression> CompileDurationExpression(const std::string& text, const core::Scope& scope,
                                                                  const core::DurationExpression::Bounds& bounds,
                                                                  const FieldPath& at) {
  absl::StatusOr<core::DurationExpression> parsed = core::DurationExpression::Parse(text, scope, bounds);
  if (!parsed.ok()) {
    at.Refuse(std::string(parsed.status().message()));
    return std::nullopt;
  }
  return *std::move(parsed);
}

}  // namespace holter::spec
