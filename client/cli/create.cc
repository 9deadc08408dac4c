#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/session_file.h"
#include "client/cli/spec_flags.h"

namespace holter::cli {
namespace {

constexpr size_t kLargestBatch = 100;  // BatchCreateSessionsRequest

struct CreateFlags {
  std::string file;
  std::string name;
  SpecFlags spec;
  std::string group;
  std::vector<std::string> labels;
  std::string ca_secret;
  bool paused = false;
  client::ChangeOptions change;
  OutputFormat format = OutputFormat::kTable;
};

std::string ParentOf(const v1::Session& session) { return session.name().substr(0, session.name().find("/sessions/")); }

absl::StatusOr<v1::Session> SessionFromFlags(const Invocation& invocation, const CreateFlags& flags) {
  if (flags.name.empty() || (flags.spec.url.empty() && flags.spec.preset.empty())) {
    return absl::InvalidArgumentError("create: NAME and URL or --preset are required, or a file with -f");
  }
  absl::StatusOr<v1::SessionSpec> spec = BuildSpec(flags.spec);
  if (!spec.ok()) return spec.status();
  v1::Session session;
  session.set_name(invocation.FullName(flags.name));
  session.set_group(flags.group);
  if (flags.paused) session.set_paused(true);
  *session.mutable_spec() = *std::move(spec);
  if (!flags.ca_secret.empty()) session.mutable_spec()->mutable_tls()->set_ca_secret(flags.ca_secret);
  for (const std::string& label : flags.labels) {
    const size_t equals = label.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("--label: expected KEY=VALUE, got \"{}\"", label));
    }
    (*session.mutable_labels())[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return session;
}

absl::StatusOr<std::vector<v1::Session>> SessionsToCreate(const Invocation& invocation, const CreateFlags& flags) {
  if (!flags.file.empty()) return ReadSessionFile(invocation, flags.file);
  absl::StatusOr<v1::Session> session = SessionFromFlags(invocation, flags);
  if (!session.ok()) return session.status();
  return std::vector<v1::Session>{*std::move(session)};
}

// One call for a session, batches for a file. Stops at the first refusal, of which nothing is created: what follows may
// build on it.
ExitCode CreateAll(Invocation& invocation, const CreateFlags& flags, const std::vector<v1::Session>& wanted,
                   std::vector<v1::Session>& created) {
  client::Client client(invocation.client_options());
  if (wanted.size() == 1) {
    auto answer = client.Create(wanted.front(), flags.change);
    if (!answer.ok()) return ReportError(invocation.console, "create " + wanted.front().name(), answer.status());
    created.push_back(*std::move(answer));
    return ExitCode::kOk;
  }
  for (size_t begin = 0; begin < wanted.size();) {
    const std::string parent = ParentOf(wanted[begin]);
    size_t end = begin;
    while (end < wanted.size() && end - begin < kLargestBatch && ParentOf(wanted[end]) == parent) ++end;
    auto answer = client.BatchCreate(
        parent,
        {wanted.begin() + static_cast<std::ptrdiff_t>(begin), wanted.begin() + static_cast<std::ptrdiff_t>(end)},
        flags.change);
    if (!answer.ok()) {
      const std::string what = fmt::format("create {} and {} more", wanted[begin].name(), end - begin - 1);
      return ReportError(invocation.console, what, answer.status());
    }
    std::move(answer->begin(), answer->end(), std::back_inserter(created));
    begin = end;
  }
  return ExitCode::kOk;
}

ExitCode RunCreate(Invocation& invocation, const CreateFlags& flags) {
  const auto wanted = SessionsToCreate(invocation, flags);
  if (!wanted.ok()) return ReportUsage(invocation.console, std::string(wanted.status().message()));
  if (wanted->size() > kLargestBatch && !flags.change.request_id.empty()) {
    return ReportUsage(invocation.console, fmt::format("--request-id: at most {} sessions", kLargestBatch));
  }
  std::vector<v1::Session> created;
  const ExitCode code = CreateAll(invocation, flags, *wanted, created);
  if (flags.format == OutputFormat::kTable) {
    const char* const verb = flags.change.validate_only ? "would be created" : "created";
    for (const v1::Session& session : created) invocation.console.out << session.name() << " " << verb << "\n";
  } else if (flags.file.empty() && !created.empty()) {
    PrintSession(invocation, flags.format, created.front());
  } else if (!flags.file.empty()) {
    PrintSessions(invocation, flags.format, created);
  }
  return code;
}

}  // namespace

void AddCreateCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<CreateFlags>();
  CLI::App* const command = app.add_subcommand("create", "Declare a session by flags, or those of a file");
  CLI::Option* const name = command->add_option("NAME", flags->name, "feed-1, or tenants/default/sessions/feed-1");
  CLI::Option* const url = command->add_option("URL", flags->spec.url, "ws://host[:port]/path or wss://…");
  CLI::Option* const file = command->add_option("-f,--file", flags->file, "YAML file of sessions; - for standard input")
                                ->excludes(name)
                                ->excludes(url);
  const size_t others = command->get_options().size();
  AddSpecFlags(*command, flags->spec);
  command->add_option("--group", flags->group, "The session's group, a label of the metrics");
  AddRepeated(*command, "--label", flags->labels, "KEY=VALUE; may be repeated");
  command->add_option("--ca-secret", flags->ca_secret, "name/key of a CA bundle below the daemon's --secrets-dir");
  command->add_flag("--paused", flags->paused, "Without a connection until it is resumed");
  // What a session says stands in the file.
  const std::vector<CLI::Option*> all = command->get_options();
  for (size_t i = others; i < all.size(); ++i) file->excludes(all[i]);
  AddDryRun(*command, flags->change);
  AddRequestId(*command, flags->change);
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunCreate(invocation, *flags); }; });
}

}  // namespace holter::cli
