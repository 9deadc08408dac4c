// Durations of a spec that may be expressions.
#pragma once

#include <optional>
#include <string>

#include "core/duration_expression.h"
#include "spec/field_path.h"

namespace holter::spec {

// Refuses what is wrong and then gives nothing.
std::optional<core::DurationExpression> CompileDurationExpression(const std::string& text, const core::Scope& scope,
                                                                  const core::DurationExpression::Bounds& bounds,
                                                                  const FieldPath& at);

}  // namespace holter::spec
