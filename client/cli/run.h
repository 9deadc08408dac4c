// The whole of `holter`, but for the process around it.
#pragma once

#include "client/cli/console.h"
#include "client/cli/exit_code.h"

namespace holter::cli {

ExitCode Run(int argc, const char* const* argv, Console& console);

}  // namespace holter::cli
