// Conditions of matchers on values of JSON messages.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <vector>

#include "core/json_condition.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// As many as are declared, in their order; refuses what is wrong, and leaves that out. Regular expressions are only
// measured: core compiles them.
std::vector<core::JsonCondition> CompileJsonConditions(
    const google::protobuf::RepeatedPtrField<v1::JsonCondition>& conditions, const FieldPath& at);

}  // namespace holter::spec
