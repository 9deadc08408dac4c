// holter describe: why a session is as it is, with the evidence.
#include <fmt/format.h>

#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/watch_lines.h"
#include "client/cli/words.h"
#include "spec/session_story.h"

namespace holter::cli {
namespace {

constexpr int kMostEvents = 5;

// The newest first. A history that cannot be read is no reason to keep the rest back.
void PrintHistory(Invocation& invocation, client::Client& client, const std::string& name) {
  const auto events = client.ListEvents(name, {.limit = kMostEvents});
  if (!events.ok()) {
    invocation.console.out << fmt::format("  history: {}\n", std::string(events.status().message()));
    return;
  }
  if (events->empty()) return;
  invocation.console.out << "  history:\n";
  for (const v1::SessionEvent& event : *events) {
    invocation.console.out << fmt::format("    {}  {}\n", LocalTime(ToWallTime(event.time())),
                                          EventWords(event, invocation.console.color));
  }
}

ExitCode RunDescribe(Invocation& invocation, const std::string& given) {
  client::Client client(invocation.client_options());
  const std::string name = invocation.FullName(given);
  const auto session = client.Get(name);
  if (!session.ok()) return ReportError(invocation.console, "describe " + name, session.status());
  const spec::StoryTime now{.now = SystemClock().WallNow(), .zone = absl::LocalTimeZone()};
  invocation.console.out << spec::WhySentence(invocation.DisplayName(name), *session, now) << "\n";
  for (const std::string& line : spec::EvidenceLines(*session, now)) invocation.console.out << "  " << line << "\n";
  PrintHistory(invocation, client, name);
  return ExitCode::kOk;
}

}  // namespace

void AddDescribeCommand(CLI::App& app, Invocation& invocation) {
  auto name = std::make_shared<std::string>();
  CLI::App* const command =
      app.add_subcommand("describe", "Say in a sentence why a session is as it is, with evidence");
  command->add_option("NAME", *name, "feed-1, or tenants/default/sessions/feed-1")->required();
  command->callback(
      [&invocation, name] { invocation.action = [&invocation, name] { return RunDescribe(invocation, *name); }; });
}

}  // namespace holter::cli
