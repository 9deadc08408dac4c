// Files that an operator names: whole, and not without bound.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace holter::access {

// At most 1 MiB. NOT_FOUND or FAILED_PRECONDITION: the message names the file, never its content. Blocks on the file
// system.
absl::StatusOr<std::string> ReadFileText(const std::string& path);

// Changes whenever the file behind `path` does, also by a link that leads elsewhere now; a file that cannot be read has
// a fingerprint too.
std::string FingerprintFile(const std::string& path);

}  // namespace holter::access
