// Which messages a rule speaks of.
#pragma once

#include <optional>

#include "core/matcher.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// Refuses what is wrong and then gives nothing. Pings and pongs may be matched only where `allow_control` says so.
// Matchers inside of one that names a frame look at frames of that kind, unless they name another.
std::optional<core::Matcher> CompileMatcher(const v1::Matcher& matcher, const FieldPath& at,
                                            bool allow_control = false);

}  // namespace holter::spec
