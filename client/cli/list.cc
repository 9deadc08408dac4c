#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"

namespace holter::cli {
namespace {

struct ListFlags {
  client::ListOptions options;
  OutputFormat format = OutputFormat::kTable;
};

ExitCode RunList(Invocation& invocation, const ListFlags& flags) {
  client::Client client(invocation.client_options());
  const auto sessions = client.List(invocation.parent(), flags.options);
  if (!sessions.ok()) return ReportError(invocation.console, "list " + invocation.parent(), sessions.status());
  PrintSessions(invocation, flags.format, *sessions);
  return ExitCode::kOk;
}

}  // namespace

void AddListCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* const command = app.add_subcommand("list", "Show the sessions of a tenant");
  AddFilter(*command, flags->options.filter);
  command->add_option(
      "--order-by", flags->options.order_by,
      "create_time, update_time, state, health or rtt, each with \" desc\" or without; default: by name");
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunList(invocation, *flags); }; });
}

}  // namespace holter::cli
