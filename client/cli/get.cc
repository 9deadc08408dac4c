#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"

namespace holter::cli {
namespace {

struct GetFlags {
  std::vector<std::string> names;
  OutputFormat format = OutputFormat::kTable;
};

ExitCode RunGetOne(Invocation& invocation, const GetFlags& flags) {
  client::Client client(invocation.client_options());
  const std::string name = invocation.FullName(flags.names.front());
  const auto session = client.Get(name);
  if (!session.ok()) return ReportError(invocation.console, "get " + name, session.status());
  PrintSession(invocation, flags.format, *session);
  return ExitCode::kOk;
}

// All from one moment, or none.
ExitCode RunGetMany(Invocation& invocation, const GetFlags& flags) {
  client::Client client(invocation.client_options());
  std::vector<std::string> names;
  for (const std::string& name : flags.names) names.push_back(invocation.FullName(name));
  const auto sessions = client.BatchGet(invocation.parent(), names);
  if (!sessions.ok()) return ReportError(invocation.console, "get " + invocation.parent(), sessions.status());
  PrintSessions(invocation, flags.format, *sessions);
  return ExitCode::kOk;
}

}  // namespace

void AddGetCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<GetFlags>();
  CLI::App* const command = app.add_subcommand("get", "Show one session, or several as of one moment");
  command->add_option("NAME", flags->names, "feed-1, or tenants/default/sessions/feed-1")->required();
  AddOutput(*command, flags->format);
  command->callback([&invocation, flags] {
    invocation.action = [&invocation, flags] {
      return flags->names.size() == 1 ? RunGetOne(invocation, *flags) : RunGetMany(invocation, *flags);
    };
  });
}

}  // namespace holter::cli
