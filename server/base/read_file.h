// Files that a user names.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace holter {

// All that is in a file, a pipe or a device. Blocks until its end. The error says which and why, "cannot read PATH: Is
// a directory"; its code is that of the system's error.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace holter
