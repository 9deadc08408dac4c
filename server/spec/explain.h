// A session's declaration told in words: what is said and heard when, and what follows if it is not.
#pragma once

#include <string>
#include <vector>

#include "holter/v1/session.pb.h"

namespace holter::spec {

// One statement a line; those that belong to the line before are indented by two spaces; warnings begin with "Warning:
// ". `effective` is good, and what Effective of preset_merge.h gives. Texts are those of the declaration: a secret in
// it is a reference, and stays one.
std::vector<std::string> ExplainSpec(const v1::SessionSpec& effective);

}  // namespace holter::spec
