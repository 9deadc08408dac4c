// holter tap: what crosses the connection of a session.
#include <fmt/format.h>

#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/interrupt.h"
#include "client/cli/output.h"
#include "client/cli/probe_lines.h"

namespace holter::cli {
namespace {

struct TapFlags {
  std::string name;
  int recent = 20;
  int count = 0;
  Duration duration{};
  OutputFormat format = OutputFormat::kTable;
};

// True: enough, or nobody reads any more.
bool PrintTapped(Invocation& invocation, const TapFlags& flags, const v1::TapSessionResponse& response, int& printed) {
  Console& console = invocation.console;
  if (response.dropped() > 0) {
    console.err << fmt::format("holter: {} frames were left out, they came faster than they were read\n",
                               response.dropped());
  }
  for (const v1::TapSessionResponse::Frame& frame : response.frames()) {
    if (flags.format == OutputFormat::kTable) {
      console.out << FrameLine(frame) << "\n";
    } else {
      PrintStreamed(console, flags.format, frame);
    }
    if (++printed == flags.count) return true;
  }
  return !console.out.flush();
}

ExitCode RunTap(Invocation& invocation, const TapFlags& flags) {
  Interrupt interrupt(flags.duration);
  client::Client client(invocation.client_options());
  const std::string name = invocation.FullName(flags.name);
  // The API's word for none is -1.
  const auto tap = client.TapSession(name, flags.recent == 0 ? -1 : flags.recent);
  const InterruptScope scope(interrupt, [&tap] { tap->Cancel(); });
  int printed = 0;
  while (true) {
    const auto response = tap->Next();
    if (absl::IsCancelled(response.status())) return ExitCode::kOk;
    if (!response.ok()) return ReportError(invocation.console, "tap " + name, response.status());
    if (!response->has_value()) return ExitCode::kOk;
    if (PrintTapped(invocation, flags, **response, printed)) return ExitCode::kOk;
  }
}

}  // namespace

void AddTapCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<TapFlags>();
  CLI::App* const command =
      app.add_subcommand("tap", "Show the frames of a session, without secrets: the last ones, and those to come");
  command->add_option("NAME", flags->name, "feed-1, or tenants/default/sessions/feed-1")->required();
  command->add_option("--recent", flags->recent, "Most frames of before, at most 1000")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_option("--count", flags->count, "End after so many frames; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddDuration(*command, "--for", flags->duration, "End after this time; 0s: never");
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunTap(invocation, *flags); }; });
}

}  // namespace holter::cli
