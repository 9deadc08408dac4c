// holter health: whether a holterd serves, for probes and scripts.
#include "holter/health.h"

#include "client/cli/commands.h"

namespace holter::cli {
namespace {

ExitCode RunHealth(Invocation& invocation) {
  const absl::StatusOr<bool> serves = client::IsServing(invocation.client_options());
  if (!serves.ok()) return ReportError(invocation.console, "health", serves.status());
  invocation.console.out << (*serves ? "SERVING" : "NOT_SERVING") << "\n";
  return *serves ? ExitCode::kOk : ExitCode::kFailure;
}

}  // namespace

void AddHealthCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* const command = app.add_subcommand("health", "Whether the server serves: exit code 0, else 1 or 4");
  command->callback([&invocation] { invocation.action = [&invocation] { return RunHealth(invocation); }; });
}

}  // namespace holter::cli
