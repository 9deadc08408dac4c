#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"

namespace holter::cli {
namespace {

struct GetFlags {
  std::string name;
  OutputFormat format = OutputFormat::kTable;
};

ExitCode RunGet(Invocation& invocation, const GetFlags& flags) {
  client::Client client(invocation.client_options());
  const std::string name = invocation.FullName(flags.name);
  const auto session = client.Get(name);
  if (!session.ok()) return ReportError(invocation.console, "get " + name, session.status());
  PrintSession(invocation, flags.format, *session);
  return ExitCode::kOk;
}

}  // namespace

void AddGetCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<GetFlags>();
  CLI::App* const command = app.add_subcommand("get", "Show one session");
  command->add_option("NAME", flags->name, "feed-1, or tenants/default/sessions/feed-1")->required();
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunGet(invocation, *flags); }; });
}

}  // namespace holter::cli
