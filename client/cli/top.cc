// holter top: the sessions that are worst, live.
#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/watch_table.h"

namespace holter::cli {

void AddTopCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<WatchTableFlags>(WatchTableFlags{.worst_first = true});
  CLI::App* const command = app.add_subcommand("top", "Show the worst sessions first, drawn anew again and again");
  AddFilter(*command, flags->filter);
  command->add_option("--limit", flags->limit, "Most sessions; default: as many as the terminal shows")
      ->check(CLI::PositiveNumber);
  AddDuration(*command, "--refresh", flags->refresh, "How often it is drawn");
  command->add_option("--count", flags->count, "End after so many drawings; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddDuration(*command, "--for", flags->duration, "End after this time; 0s: never");
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunWatchTable(invocation, *flags); }; });
}

}  // namespace holter::cli
