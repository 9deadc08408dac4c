// holter probe: a session that holterd opens, beats on for a while, and forgets.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/interrupt.h"
#include "client/cli/output.h"
#include "client/cli/probe_lines.h"
#include "client/cli/session_file.h"
#include "client/cli/spec_flags.h"
#include "core/url.h"

namespace holter::cli {
namespace {

struct ProbeFlags {
  std::string target;
  std::string session;  // of a file that has several
  SpecFlags spec;
  std::vector<const CLI::Option*> spec_options;  // those of `spec`
  Duration duration = std::chrono::seconds(30);
  OutputFormat format = OutputFormat::kTable;
};

bool IsUrl(const std::string& target) { return target.starts_with("ws://") || target.starts_with("wss://"); }

absl::StatusOr<v1::SessionSpec> SpecToProbe(const Invocation& invocation, const ProbeFlags& flags) {
  if (IsUrl(flags.target)) {
    SpecFlags spec = flags.spec;
    spec.url = flags.target;
    return BuildSpec(spec);
  }
  for (const CLI::Option* const option : flags.spec_options) {
    if (option->count() == 0) continue;
    return absl::InvalidArgumentError(fmt::format("{}: only with a URL; a file says it itself", option->get_name()));
  }
  absl::StatusOr<std::vector<v1::Session>> sessions = ReadSessionFile(invocation, flags.target);
  if (!sessions.ok()) return sessions.status();
  if (flags.session.empty()) {
    if (sessions->size() == 1) return sessions->front().spec();
    return absl::InvalidArgumentError(
        fmt::format("{}: expected one session, got {}; --session picks one", flags.target, sessions->size()));
  }
  const std::string name = invocation.FullName(flags.session);
  const auto found = std::find_if(sessions->begin(), sessions->end(),
                                  [&](const v1::Session& session) { return session.name() == name; });
  if (found == sessions->end()) {
    return absl::InvalidArgumentError(fmt::format("{}: there is no session {}", flags.target, name));
  }
  return found->spec();
}

// True: nobody reads any more.
bool PrintProbed(Invocation& invocation, const ProbeFlags& flags, const std::string& target,
                 const v1::ProbeSessionResponse& response) {
  Console& console = invocation.console;
  if (flags.format != OutputFormat::kTable) {
    PrintStreamed(console, flags.format, response);
  } else if (response.has_summary()) {
    for (const std::string& line : ProbeSummaryLines(target, response.summary(), SystemClock().WallNow())) {
      console.out << line << "\n";
    }
  } else if (const auto line = ProbeLine(response, console.color)) {
    console.out << *line << "\n";
  }
  return !console.out.flush();
}

ExitCode RunProbe(Invocation& invocation, const ProbeFlags& flags) {
  Interrupt interrupt(Duration::zero());
  const absl::StatusOr<v1::SessionSpec> spec = SpecToProbe(invocation, flags);
  if (!spec.ok()) return ReportUsage(invocation.console, std::string(spec.status().message()));
  const std::string target = core::RedactUrl(spec->url());
  client::Client client(invocation.client_options());
  const auto probe = client.ProbeSession(invocation.parent(), *spec, flags.duration);
  const InterruptScope scope(interrupt, [&probe] { probe->Cancel(); });
  std::optional<v1::ProbeSummary> summary;
  while (true) {
    const auto response = probe->Next();
    if (absl::IsCancelled(response.status())) break;
    if (!response.ok()) return ReportError(invocation.console, "probe " + target, response.status());
    if (!response->has_value()) break;
    if ((*response)->has_summary()) summary = (*response)->summary();
    if (PrintProbed(invocation, flags, target, **response)) break;
  }
  return summary && ProbeWentWell(*summary) ? ExitCode::kOk : ExitCode::kFailure;
}

}  // namespace

void AddProbeCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<ProbeFlags>();
  CLI::App* const command =
      app.add_subcommand("probe", "Have holterd try a session for a while, and tell what happens; nothing is stored");
  command->add_option("TARGET", flags->target, "ws://… or wss://…, or a YAML file of sessions, or -")->required();
  command->add_option("--session", flags->session, "Which of the file's sessions");
  const size_t others = command->get_options().size();
  AddSpecFlags(*command, flags->spec);
  const std::vector<CLI::Option*> all = command->get_options();
  flags->spec_options.assign(all.begin() + static_cast<std::ptrdiff_t>(others), all.end());
  AddDuration(*command, "--duration", flags->duration, "How long, 1s to 5m");
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunProbe(invocation, *flags); }; });
}

}  // namespace holter::cli
