// holter export: what was declared over the API, as a file that `holter import` declares again elsewhere.
#include "client/cli/commands.h"
#include "client/cli/output.h"
#include "client/cli/session_file.h"

namespace holter::cli {
namespace {

ExitCode RunExport(Invocation& invocation) {
  client::Client client(invocation.client_options());
  const auto sessions = client.List(invocation.parent());
  if (!sessions.ok()) return ReportError(invocation.console, "export " + invocation.parent(), sessions.status());
  std::vector<v1::Session> declared;
  for (v1::Session session : *sessions) {
    if (session.origin() == v1::ORIGIN_FILE) continue;  // its file declares it
    ClearOutputOnly(session);
    declared.push_back(std::move(session));
  }
  PrintSessions(invocation, OutputFormat::kYaml, declared);
  return ExitCode::kOk;
}

}  // namespace

void AddExportCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* const command =
      app.add_subcommand("export", "Write the declarations of a tenant's sessions as YAML, for `holter import -f`");
  command->callback([&invocation] { invocation.action = [&invocation] { return RunExport(invocation); }; });
}

}  // namespace holter::cli
