// What can be found wrong before anything is opened: so that a start that fails dials nobody and leaves no files.
#pragma once

#include "absl/status/status.h"
#include "app/configuration.h"

namespace holter::app {

// Whether both addresses can be listened on and --ports-file can be written; the message names the flag. Another
// process may still take an address before the servers do. Blocks on names that have to be resolved.
absl::Status CheckStart(const Configuration& config);

}  // namespace holter::app
