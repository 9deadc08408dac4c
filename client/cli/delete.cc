#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"

namespace holter::cli {
namespace {

struct DeleteFlags {
  std::vector<std::string> names;
  OutputFormat format = OutputFormat::kTable;
};

// Goes on after a refusal, so that one name that is gone does not save the others; the first failure decides the exit
// code.
ExitCode RunDelete(Invocation& invocation, const DeleteFlags& flags) {
  client::Client client(invocation.client_options());
  std::vector<ItemResult> results;
  ExitCode code = ExitCode::kOk;
  for (const std::string& given : flags.names) {
    const std::string name = invocation.FullName(given);
    const absl::Status status = client.Delete(name);
    if (status.ok()) {
      results.push_back({.name = name, .result = "deleted"});
      continue;
    }
    results.push_back({.name = name, .result = "failed", .error = std::string(status.message())});
    const ExitCode item_code = ReportError(invocation.console, "delete " + name, status);
    if (code == ExitCode::kOk) code = item_code;
    if (item_code == ExitCode::kUnreachable) break;
  }
  PrintResults(invocation, flags.format, results);
  return code;
}

}  // namespace

void AddDeleteCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<DeleteFlags>();
  CLI::App* const command = app.add_subcommand("delete", "End sessions and forget them");
  command->add_option("NAME", flags->names, "feed-1, or tenants/default/sessions/feed-1")->required();
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunDelete(invocation, *flags); }; });
}

}  // namespace holter::cli
