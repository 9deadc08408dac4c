#include "client/cli/run.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <string>

#include "client/cli/commands.h"
#include "client/cli/flags.h"

namespace holter::cli {
namespace {

void AddGlobalFlags(CLI::App& app, Invocation& invocation) {
  AddConnectionFlags(app, invocation.connection);
  AddDuration(app, "--deadline", invocation.deadline, "How long a call may take");
}

bool IsReaderGone() {
  pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

// A reader that went away (`holter list | head`) is no failure. errno alone does not tell: the write that failed may be
// long ago, and a stream that is bad does not try again.
ExitCode Flush(Console& console, ExitCode code) {
  errno = 0;
  console.out.flush();
  const std::string why = errno == 0 ? "" : fmt::format(": {}", std::strerror(errno));
  if (console.out || IsReaderGone()) return code;
  console.err << fmt::format("holter: cannot write the output{}\n", why);
  return code == ExitCode::kOk ? ExitCode::kFailure : code;
}

}  // namespace

ExitCode Run(int argc, const char* const* argv, Console& console) {
  Invocation invocation{.console = console};
  CLI::App app(
      "Declares WebSocket sessions to a holterd and shows how they are; `ping`, `presets` and `explain` need no "
      "daemon.",
      "holter");
  app.set_version_flag("--version", "holter " HOLTER_VERSION);
  app.footer(kExitCodeFooter);
  app.require_subcommand(1);
  app.fallthrough();
  AddGlobalFlags(app, invocation);
  AddApplyCommand(app, invocation);
  AddCreateCommand(app, invocation);
  AddGetCommand(app, invocation);
  AddListCommand(app, invocation);
  AddDescribeCommand(app, invocation);
  AddSummaryCommand(app, invocation);
  AddEventsCommand(app, invocation);
  AddTopCommand(app, invocation);
  AddWaitCommand(app, invocation);
  AddUpdateCommand(app, invocation);
  AddDeleteCommand(app, invocation);
  AddPauseCommand(app, invocation);
  AddResumeCommand(app, invocation);
  AddReconnectCommand(app, invocation);
  AddRenewLeaseCommand(app, invocation);
  AddExportCommand(app, invocation);
  AddWatchCommand(app, invocation);
  AddTapCommand(app, invocation);
  AddProbeCommand(app, invocation);
  AddHealthCommand(app, invocation);
  AddPresetsCommand(app, invocation);
  AddExplainCommand(app, invocation);
  AddPingCommand(app, invocation);
  AddCompletionCommand(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = app.exit(error, console.out, console.err) == 0;  // --help and --version are parse errors too
    return asked ? Flush(console, ExitCode::kOk) : ExitCode::kUsage;
  }
  if (invocation.needs_server) {
    if (const absl::Status status = ResolveConnection(invocation.connection, invocation); !status.ok()) {
      return ReportUsage(console, std::string(status.message()));
    }
  }
  return Flush(console, invocation.action());
}

}  // namespace holter::cli
