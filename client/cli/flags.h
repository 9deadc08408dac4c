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

// --dry-run: ask for a check only.
CLI::Option* AddDryRun(CLI::App& command, client::ChangeOptions& change);
// --request-id, for a script that runs again after it was cut off.
CLI::Option* AddRequestId(CLI::App& command, client::ChangeOptions& change);
// --etag, for one who changes what was looked at before.
CLI::Option* AddEtag(CLI::App& command, client::ChangeOptions& change);
// --filter.
CLI::Option* AddFilter(CLI::App& command, std::string& filter);

// A flag that may be given many times, one value each.
CLI::Option* AddRepeated(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                         const std::string& description);

}  // namespace holter::cli
