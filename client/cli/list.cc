#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"

namespace holter::cli {
namespace {

ExitCode RunList(Invocation& invocation, OutputFormat format) {
  client::Client client(invocation.client_options());
  const auto sessions = client.List(invocation.parent());
  if (!sessions.ok()) return ReportError(invocation.console, "list " + invocation.parent(), sessions.status());
  PrintSessions(invocation, format, *sessions);
  return ExitCode::kOk;
}

}  // namespace

void AddListCommand(CLI::App& app, Invocation& invocation) {
  auto format = std::make_shared<OutputFormat>(OutputFormat::kTable);
  CLI::App* const command = app.add_subcommand("list", "Show the sessions of a tenant");
  AddOutput(*command, *format);
  command->callback(
      [&invocation, format] { invocation.action = [&invocation, format] { return RunList(invocation, *format); }; });
}

}  // namespace holter::cli
