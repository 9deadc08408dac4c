// Where values stand in messages: captures, and what matchers and correlations share with them.
#pragma once

#include <optional>
#include <string>

#include "core/extractor.h"
#include "core/json_pointer.h"
#include "core/value.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

struct CompiledCapture {
  core::Extractor from;
  core::Keep keep = core::Keep::kLast;
};

// Refuses what is wrong and then gives nothing. A value with a unit has to be a number; which unit it is, CompileUnit
// reads, for those who need it. `of_step`: it stands in an open step, where it may be optional.
std::optional<CompiledCapture> CompileCapture(const v1::Capture& capture, const FieldPath& at, bool of_step = false);

// RFC 6901, of the size that a spec may have.
std::optional<core::JsonPointer> CompilePointer(const std::string& pointer, const FieldPath& at);

}  // namespace holter::spec
