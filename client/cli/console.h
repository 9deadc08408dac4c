// Where a command reads and writes; tests hand in strings.
#pragma once

#include <functional>
#include <iostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/cli/exit_code.h"

namespace holter::cli {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  // `out` is one: it may be redrawn
  bool color = false;     // `out` shows colours
};

// The process's own streams.
Console StandardConsole();

// The user's word for a field of a request.
using FieldWords = std::function<std::string(const std::string& field)>;

// Says on standard error what failed, one bad field a line when there are several or when they have words, and gives
// the exit code that fits: an error from the server by its code.
ExitCode ReportError(Console& console, std::string_view what, const absl::Status& error, const FieldWords& words = {});
// The same for an error that no server made.
ExitCode ReportUsage(Console& console, std::string_view message);

// The exit code of an error of the server.
ExitCode ExitCodeOf(const absl::Status& error);

}  // namespace holter::cli
