// Whether the values that a session gives its parameters are what the spec makes of them.
#pragma once

#include "core/session_spec.h"
#include "spec/field_path.h"

namespace holter::spec {

// Refuses what no duration can be computed with, and keys of signatures that are no secrets. Values that refer to
// secrets are not known before they are dialled with.
void CheckParameterUse(const core::SharedSpec& shared, const core::ParameterList& parameters, const FieldPath& at);

}  // namespace holter::spec
