// holter update: changes some fields of one session.
#include <fmt/format.h>

#include <memory>

#include "absl/strings/str_split.h"
#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/session_diff.h"
#include "spec/yaml.h"

namespace holter::cli {
namespace {

struct UpdateFlags {
  std::string name;
  std::vector<std::string> set;
  std::vector<std::string> unset;
  client::ChangeOptions change;
  OutputFormat format = OutputFormat::kTable;
};

struct FieldUpdate {
  v1::Session session;
  std::vector<std::string> paths;
};

// `spec.reconnect.max_delay=30s` as the file of sessions that says the same, so that both are read by one set of rules.
std::string AsFile(const std::vector<std::string>& path, const std::string& value) {
  std::string text = "sessions:\n-";
  std::string indent = " ";
  for (size_t i = 0; i < path.size(); ++i) {
    text += fmt::format("{}{}:", indent, path[i]);
    indent = "\n" + std::string(2 * (i + 2), ' ');
  }
  return text + " " + value + "\n";
}

absl::StatusOr<FieldUpdate> FieldsToUpdate(const UpdateFlags& flags) {
  FieldUpdate update;
  for (const std::string& assignment : flags.set) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(fmt::format("--set: expected PATH=VALUE, got \"{}\"", assignment));
    }
    const std::string path = assignment.substr(0, equals);
    const auto parsed =
        spec::ParseSessionsYaml(AsFile(absl::StrSplit(path, '.'), assignment.substr(equals + 1)), "--set");
    if (!parsed.ok())
      return absl::InvalidArgumentError(fmt::format("{}: {}", path, std::string(parsed.status().message())));
    if (parsed->size() != 1) return absl::InvalidArgumentError(fmt::format("--set {}: expected one value", path));
    update.session.MergeFrom(parsed->front());
    update.paths.push_back(path);
  }
  update.paths.insert(update.paths.end(), flags.unset.begin(), flags.unset.end());
  return update;
}

// What would change, as the server sees it; nothing for a session that is not there yet.
void PrintDiff(Invocation& invocation, client::Client& client, const v1::Session& after) {
  const auto before = client.Get(after.name());
  if (!before.ok()) return;
  for (const FieldChange& change : DiffDeclarations(*before, after)) {
    invocation.console.out << DiffLine(change, invocation.console.color) << "\n";
  }
}

ExitCode RunUpdate(Invocation& invocation, const UpdateFlags& flags) {
  auto update = FieldsToUpdate(flags);
  if (!update.ok()) return ReportUsage(invocation.console, std::string(update.status().message()));
  client::Client client(invocation.client_options());
  const std::string name = invocation.FullName(flags.name);
  update->session.set_name(name);
  update->session.set_etag(flags.change.etag);
  const auto updated = client.Update(update->session, update->paths, flags.change);
  if (!updated.ok()) return ReportError(invocation.console, "update " + name, updated.status());
  if (flags.format != OutputFormat::kTable) {
    PrintSession(invocation, flags.format, *updated);
    return ExitCode::kOk;
  }
  invocation.console.out << name << (flags.change.validate_only ? " would be updated\n" : " updated\n");
  if (flags.change.validate_only) PrintDiff(invocation, client, *updated);
  return ExitCode::kOk;
}

}  // namespace

void AddUpdateCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<UpdateFlags>();
  CLI::App* const command = app.add_subcommand("update", "Change fields of one session");
  command->add_option("NAME", flags->name, "feed-1, or tenants/default/sessions/feed-1")->required();
  AddRepeated(*command, "--set", flags->set,
              "PATH=VALUE such as spec.reconnect.max_delay=30s or 'labels={team: a}', the value as in a file; may be "
              "repeated");
  AddRepeated(*command, "--unset", flags->unset, "PATH whose default is wanted again; may be repeated");
  AddEtag(*command, flags->change);
  command->add_flag("--allow-missing", flags->change.allow_missing, "Create the session if it is not there");
  AddDryRun(*command, flags->change);
  AddRequestId(*command, flags->change);
  AddOutput(*command, flags->format);
  command->callback([&invocation, flags] {
    if (flags->set.empty() && flags->unset.empty()) throw CLI::RequiredError("--set or --unset");
    invocation.action = [&invocation, flags] { return RunUpdate(invocation, *flags); };
  });
}

}  // namespace holter::cli
