// Kinds of flags that several commands have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/clock.h"
#include "client/cli/output.h"

namespace holter::cli {

// A duration with a unit; the help shows its present value as the default.
CLI::Option* AddDuration(CLI::App& command, const std::string& name, Duration& value, const std::string& description);

// -o, --output.
CLI::Option* AddOutput(CLI::App& command, OutputFormat& format);

// A flag that may be given many times, one value each.
CLI::Option* AddRepeated(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                         const std::string& description);

}  // namespace holter::cli
