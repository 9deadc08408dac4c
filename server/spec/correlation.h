// Which variable of a beat its answer echoes, and where.
#pragma once

#include <optional>

#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// `beat` is the one that the correlation belongs to; `send` and `expect` are what became of its fields, if they are
// good. Refuses what is wrong and then gives nothing.
std::optional<core::Correlation> CompileCorrelation(const v1::Beat& beat,
                                                    const std::optional<core::MessageTemplate>& send,
                                                    const std::optional<core::Matcher>& expect, const FieldPath& at);

}  // namespace holter::spec
