// holter watch: the changes, a line each, or a table that is drawn anew.
#include <fmt/format.h>

#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/interrupt.h"
#include "client/cli/output.h"
#include "client/cli/watch_lines.h"
#include "client/cli/watch_table.h"

namespace holter::cli {
namespace {

struct WatchFlags {
  bool table = false;
  int count = 0;
  Duration refresh = std::chrono::seconds(1);
  Duration duration{};
  client::WatchOptions options;
  Duration bookmarks{};
  OutputFormat format = OutputFormat::kTable;
};

// Prints one change in the chosen form; true when something was printed.
bool PrintChange(Console& console, OutputFormat format, ChangeLines& lines, const v1::SessionChange& change) {
  if (format != OutputFormat::kTable) {
    PrintStreamed(console, format, change);
    return true;
  }
  const auto line = lines.LineOf(change, console.color);
  if (line) console.out << *line << "\n";
  return line.has_value();
}

// True when `count` changes have been printed or nobody reads any more.
bool PrintResponse(Invocation& invocation, const WatchFlags& flags, const v1::WatchSessionsResponse& response,
                   ChangeLines& lines, int& printed) {
  for (const v1::SessionChange& change : response.changes()) {
    if (PrintChange(invocation.console, flags.format, lines, change)) ++printed;
    if (flags.count > 0 && printed >= flags.count) return true;
  }
  return !invocation.console.out.flush();
}

ExitCode RunWatchLines(Invocation& invocation, const WatchFlags& flags) {
  Interrupt interrupt(flags.duration);
  client::Client client(invocation.client_options());
  const auto watch = client.WatchSessions(invocation.parent(), flags.options);
  const InterruptScope scope(interrupt, [&watch] { watch->Cancel(); });
  ChangeLines lines(invocation);
  int printed = 0;
  while (true) {
    const auto event = watch->Next();
    if (absl::IsCancelled(event.status())) return ExitCode::kOk;
    if (!event.ok()) return ReportError(invocation.console, "watch " + invocation.parent(), event.status());
    switch (event->kind) {
      case client::WatchEvent::Kind::kChanges:
        if (PrintResponse(invocation, flags, event->response, lines, printed)) return ExitCode::kOk;
        break;
      case client::WatchEvent::Kind::kReset:
        lines.Reset();
        invocation.console.err << fmt::format("holter: changes may be lost, a snapshot follows: {}\n",
                                              std::string(event->cause.message()));
        break;
      case client::WatchEvent::Kind::kInterrupted:
        if (watch->resume_token().empty()) break;  // it has not begun; the last attempt will say why
        invocation.console.err << fmt::format("holter: the watch broke and is resumed: {}\n",
                                              std::string(event->cause.message()));
        break;
    }
  }
}

}  // namespace

void AddWatchCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* const command = app.add_subcommand("watch", "Show the sessions' changes as they happen");
  command->add_flag("--table", flags->table, "A table that is drawn anew, and the latest changes below it");
  AddDuration(*command, "--refresh", flags->refresh, "How often the table is drawn");
  command->add_option("--count", flags->count, "End after so many changes, or tables; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddDuration(*command, "--for", flags->duration, "End after this time; 0s: never");
  AddFilter(*command, flags->options.filter);
  command->add_flag("--conflate", flags->options.conflate,
                    "If this reads too slowly, leave out steps, never the last state");
  AddDuration(*command, "--bookmarks", flags->bookmarks, "A bookmark when nothing was told for this long; 0s: none");
  command->add_option("--fields", flags->options.read_mask, "What to tell of a session, such as status.health,labels")
      ->delimiter(',')
      ->allow_extra_args(false);
  AddOutput(*command, flags->format);
  command->callback([&invocation, flags] {
    flags->options.bookmark_interval = flags->bookmarks;
    if (!flags->options.read_mask.empty() && flags->format == OutputFormat::kTable) {
      throw CLI::ValidationError("--fields needs -o json or -o yaml");
    }
    invocation.action = [&invocation, flags] {
      if (!flags->table) return RunWatchLines(invocation, *flags);
      return RunWatchTable(invocation, {.refresh = flags->refresh,
                                        .count = flags->count,
                                        .duration = flags->duration,
                                        .filter = flags->options.filter});
    };
  });
}

}  // namespace holter::cli
