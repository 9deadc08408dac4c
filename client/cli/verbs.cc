// holter pause, resume and reconnect.
#include <fmt/format.h>

#include <functional>
#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"

namespace holter::cli {
namespace {

using VerbCall =
    std::function<absl::StatusOr<v1::Session>(client::Client&, const std::string& name, const client::ChangeOptions&)>;

struct Verb {
  const char* name;
  const char* result;
  VerbCall call;
};

struct VerbFlags {
  std::vector<std::string> names;
  client::ChangeOptions change;
  OutputFormat format = OutputFormat::kTable;
};

struct ReconnectFlags : VerbFlags {
  bool all = false;
  std::string filter;
  Duration over{};
};

// Goes on after a refusal, as delete does.
ExitCode RunVerb(Invocation& invocation, const Verb& verb, const VerbFlags& flags) {
  client::Client client(invocation.client_options());
  std::vector<ItemResult> results;
  ExitCode code = ExitCode::kOk;
  for (const std::string& given : flags.names) {
    const std::string name = invocation.FullName(given);
    const absl::Status status = verb.call(client, name, flags.change).status();
    if (status.ok()) {
      results.push_back({.name = name, .result = verb.result});
      continue;
    }
    results.push_back({.name = name, .result = "failed", .error = std::string(status.message())});
    const ExitCode item_code = ReportError(invocation.console, fmt::format("{} {}", verb.name, name), status);
    if (code == ExitCode::kOk) code = item_code;
    if (item_code == ExitCode::kUnreachable) break;
  }
  PrintResults(invocation, flags.format, results);
  return code;
}

ExitCode RunReconnectAll(Invocation& invocation, const ReconnectFlags& flags) {
  client::Client client(invocation.client_options());
  const auto sessions = client.ReconnectAll(invocation.parent(), flags.filter, flags.over);
  if (!sessions.ok()) return ReportError(invocation.console, "reconnect " + invocation.parent(), sessions.status());
  invocation.console.out << fmt::format("{} session{} reconnecting\n", *sessions, *sessions == 1 ? "" : "s");
  return ExitCode::kOk;
}

CLI::Option* AddVerbFlags(CLI::App& command, VerbFlags& flags) {
  CLI::Option* const names = command.add_option("NAME", flags.names, "feed-1, or tenants/default/sessions/feed-1");
  AddEtag(command, flags.change);
  AddRequestId(command, flags.change);
  AddOutput(command, flags.format);
  return names;
}

void CheckVerbFlags(const VerbFlags& flags) {
  if (flags.names.size() > 1 && !(flags.change.etag + flags.change.request_id).empty()) {
    throw CLI::ValidationError("--etag and --request-id belong to one session");
  }
}

void AddVerb(CLI::App& app, Invocation& invocation, const std::string& description, const Verb& verb) {
  auto flags = std::make_shared<VerbFlags>();
  CLI::App* const command = app.add_subcommand(verb.name, description);
  AddVerbFlags(*command, *flags)->required();
  command->callback([&invocation, flags, verb] {
    CheckVerbFlags(*flags);
    invocation.action = [&invocation, flags, verb] { return RunVerb(invocation, verb, *flags); };
  });
}

}  // namespace

void AddPauseCommand(CLI::App& app, Invocation& invocation) {
  AddVerb(app, invocation, "Let go of sessions' connections until they are resumed",
          {.name = "pause", .result = "paused", .call = [](auto& client, const auto& name, const auto& change) {
             return client.Pause(name, change);
           }});
}

void AddResumeCommand(CLI::App& app, Invocation& invocation) {
  AddVerb(app, invocation, "Connect paused sessions again",
          {.name = "resume", .result = "resumed", .call = [](auto& client, const auto& name, const auto& change) {
             return client.Resume(name, change);
           }});
}

void AddReconnectCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<ReconnectFlags>();
  const Verb verb{
      .name = "reconnect", .result = "reconnecting", .call = [](auto& client, const auto& name, const auto& change) {
        return client.Reconnect(name, change);
      }};
  CLI::App* const command = app.add_subcommand("reconnect", "Give sessions a new connection: some by name, or many");
  CLI::Option* const names = AddVerbFlags(*command, *flags);
  CLI::Option* const all = command->add_flag("--all", flags->all, "All of the tenant")->excludes(names);
  CLI::Option* const filter = AddFilter(*command, flags->filter)->excludes(names)->excludes(all);
  AddDuration(*command, "--over", flags->over, "Spread --all or --filter over this time; at most 1h")->excludes(names);
  command->callback([&invocation, flags, verb, filter] {
    CheckVerbFlags(*flags);
    const bool many = flags->all || filter->count() > 0;
    if (flags->names.empty() && !many) throw CLI::RequiredError("NAME, --filter or --all");
    if (many && !(flags->change.etag + flags->change.request_id).empty()) {
      throw CLI::ValidationError("--etag and --request-id belong to one session");
    }
    invocation.action = [&invocation, flags, verb, many] {
      return many ? RunReconnectAll(invocation, *flags) : RunVerb(invocation, verb, *flags);
    };
  });
}

}  // namespace holter::cli
