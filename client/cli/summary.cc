// holter summary: a tenant's sessions in numbers.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/words.h"

namespace holter::cli {
namespace {

constexpr int kMostGroups = 20;

struct SummaryFlags {
  std::string filter;
  OutputFormat format = OutputFormat::kTable;
};

void PrintCounts(Console& console, const v1::FleetSummary& summary) {
  const auto line = [&console](const char* title, const auto& counts, auto word_of) {
    if (counts.empty()) return;
    std::string text;
    for (const auto& count : counts)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.sessions(), word_of(count));
    console.out << fmt::format("{:<8} {}\n", title, text);
  };
  console.out << fmt::format("{:<8} {}\n", "sessions", summary.sessions());
  line("state", summary.states(), [](const auto& count) { return StateWord(count.state()); });
  line("health", summary.healths(), [&](const auto& count) {
    const std::string word = HealthWord(count.health());
    return console.color ? Paint(word, StyleOf(count.health())) : word;
  });
  line("reason", summary.reasons(), [](const auto& count) {
    const std::string word = ReasonWord(count.reason());
    return word.empty() ? "not judged yet" : word;
  });
}

void PrintTableAfterBlank(Console& console, const Table& table) {
  console.out << "\n";
  for (const std::string& line : table.Lines(console.color)) console.out << line << "\n";
}

void PrintGroups(Console& console, const v1::FleetSummary& summary) {
  const bool only_default = summary.groups_size() == 1 && summary.groups(0).group().empty();
  if (summary.groups().empty() || only_default) return;
  Table table({"GROUP", "SESSIONS", "HEALTHY", "DEGRADED", "DOWN"});
  const int shown = std::min(summary.groups_size(), kMostGroups);
  for (int i = 0; i < shown; ++i) {
    const v1::FleetSummary::GroupCount& group = summary.groups(i);
    table.Add({{group.group().empty() ? "-" : group.group()},
               {fmt::format("{}", group.sessions())},
               {fmt::format("{}", group.healthy())},
               {fmt::format("{}", group.degraded())},
               {fmt::format("{}", group.down()), group.down() > 0 ? Style::kBad : Style::kPlain}});
  }
  PrintTableAfterBlank(console, table);
  if (summary.groups_total() > shown)
    console.out << fmt::format("… and {} more groups\n", summary.groups_total() - shown);
}

void PrintRtts(Console& console, const v1::FleetSummary& summary) {
  if (summary.rtts().empty()) return;
  Table table({"RTT ms", "SESSIONS", "P50", "P90", "P99", "MAX"});
  for (const auto& rtt : summary.rtts()) {
    table.Add({{rtt.layer()},
               {fmt::format("{}", rtt.sessions())},
               {Milliseconds(ToDuration(rtt.p50()))},
               {Milliseconds(ToDuration(rtt.p90()))},
               {Milliseconds(ToDuration(rtt.p99()))},
               {Milliseconds(ToDuration(rtt.max()))}});
  }
  PrintTableAfterBlank(console, table);
}

ExitCode RunSummary(Invocation& invocation, const SummaryFlags& flags) {
  client::Client client(invocation.client_options());
  const auto summary = client.GetFleetSummary(invocation.parent(), flags.filter);
  if (!summary.ok()) return ReportError(invocation.console, "summary " + invocation.parent(), summary.status());
  if (flags.format != OutputFormat::kTable) {
    PrintMessage(invocation.console, flags.format, *summary);
    return ExitCode::kOk;
  }
  PrintCounts(invocation.console, *summary);
  PrintGroups(invocation.console, *summary);
  PrintRtts(invocation.console, *summary);
  return ExitCode::kOk;
}

}  // namespace

void AddSummaryCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<SummaryFlags>();
  CLI::App* const command = app.add_subcommand("summary", "Count a tenant's sessions by health, reason and group");
  AddFilter(*command, flags->filter);
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunSummary(invocation, *flags); }; });
}

}  // namespace holter::cli
