// What a filter can ask of a session, and how each field is compared.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "registry/filter_subject.h"
#include "registry/filter_tokens.h"

namespace holter::registry {

using FilterTest = std::function<bool(const FilterSubject&)>;

// The test for `field comparator value`. INVALID_ARGUMENT for the field `filter`, with the place and what was expected.
absl::StatusOr<FilterTest> CompileRestriction(const FilterToken& field, const FilterToken& comparator,
                                              const FilterToken& value);

}  // namespace holter::registry
