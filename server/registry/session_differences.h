// How two declarations of one session differ, for those who read.
#pragma once

#include <string>
#include <vector>

#include "holter/v1/session.pb.h"

namespace holter::registry {

// `group`, `labels`, `paused`, `owner`, and the fields of the spec as `spec.url`, in the order of their numbers.
std::vector<std::string> ChangedFields(const v1::Session& before, const v1::Session& after);

}  // namespace holter::registry
