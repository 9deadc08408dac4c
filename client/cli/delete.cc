#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"

namespace holter::cli {
namespace {

struct DeleteFlags {
  std::vector<std::string> names;
  bool all_or_none = false;
  client::ChangeOptions change;
  OutputFormat format = OutputFormat::kTable;
};

const char* Deleted(const DeleteFlags& flags) { return flags.change.validate_only ? "would be deleted" : "deleted"; }

// Goes on after a refusal, so that one name that is gone does not save the others; the first failure decides the exit
// code.
ExitCode RunDeleteEach(Invocation& invocation, const DeleteFlags& flags) {
  client::Client client(invocation.client_options());
  std::vector<ItemResult> results;
  ExitCode code = ExitCode::kOk;
  for (const std::string& given : flags.names) {
    const std::string name = invocation.FullName(given);
    const absl::Status status = client.Delete(name, flags.change);
    if (status.ok()) {
      results.push_back({.name = name, .result = Deleted(flags)});
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

ExitCode RunDeleteAllOrNone(Invocation& invocation, const DeleteFlags& flags) {
  client::Client client(invocation.client_options());
  std::vector<std::string> names;
  for (const std::string& name : flags.names) names.push_back(invocation.FullName(name));
  const absl::Status status = client.BatchDelete(invocation.parent(), names, flags.change);
  if (!status.ok()) return ReportError(invocation.console, "delete " + invocation.parent(), status);
  std::vector<ItemResult> results;
  results.reserve(names.size());
  for (const std::string& name : names) results.push_back({.name = name, .result = Deleted(flags)});
  PrintResults(invocation, flags.format, results);
  return ExitCode::kOk;
}

}  // namespace

void AddDeleteCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<DeleteFlags>();
  CLI::App* const command = app.add_subcommand("delete", "End sessions and forget them");
  command->add_option("NAME", flags->names, "feed-1, or tenants/default/sessions/feed-1")->required();
  CLI::Option* const together =
      command->add_flag("--all-or-none", flags->all_or_none, "In one commit; at most 100, all of one tenant");
  AddEtag(*command, flags->change)->excludes(together);
  command->add_flag("--ignore-not-found", flags->change.allow_missing, "What is not there is no failure")
      ->excludes(together);
  AddDryRun(*command, flags->change);
  AddRequestId(*command, flags->change);
  AddOutput(*command, flags->format);
  command->callback([&invocation, flags] {
    if (flags->names.size() > 1 && !flags->all_or_none && !(flags->change.etag + flags->change.request_id).empty()) {
      throw CLI::ValidationError("--etag and --request-id belong to one session, or to --all-or-none");
    }
    invocation.action = [&invocation, flags] {
      return flags->all_or_none ? RunDeleteAllOrNone(invocation, *flags) : RunDeleteEach(invocation, *flags);
    };
  });
}

}  // namespace holter::cli
