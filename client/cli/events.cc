// holter events: what happened to a session, or to all of a tenant, the newest first.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/duration_text.h"
#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/watch_lines.h"
#include "client/cli/words.h"

namespace holter::cli {
namespace {

using TimeBound = std::optional<std::chrono::system_clock::time_point>;

struct EventsFlags {
  std::string name;
  bool all = false;
  client::EventOptions options{.limit = 100};
  OutputFormat format = OutputFormat::kTable;
};

// "1h" is that long ago.
TimeBound ParseBound(const std::string& flag, const std::string& text) {
  if (const absl::StatusOr<Duration> ago = ParseDuration(text); ago.ok()) return SystemClock().WallNow() - *ago;
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    throw CLI::ValidationError(
        flag,
        fmt::format("expected how long ago, such as 1h, or a time such as 2026-01-31T13:05:00Z, got \"{}\"", text));
  }
  return absl::ToChronoTime(time);
}

void AddBound(CLI::App& command, const std::string& flag, TimeBound& bound, const std::string& description) {
  command
      .add_option_function<std::string>(
          flag, [flag, &bound](const std::string& text) { bound = ParseBound(flag, text); }, description)
      ->type_name("TIME");
}

// As in the enum, in any case, with or without its prefix; a recovery has none.
v1::Reason ParseReason(const std::string& word) {
  std::string name = absl::AsciiStrToUpper(word);
  if (name == "RECOVERY") return v1::REASON_UNSPECIFIED;
  if (!name.starts_with("REASON_")) name = absl::StrCat("REASON_", name);
  v1::Reason reason{};
  if (!v1::Reason_Parse(name, &reason) || reason == v1::REASON_UNSPECIFIED) {
    throw CLI::ValidationError("--reason", fmt::format("there is no reason \"{}\"", word));
  }
  return reason;
}

ExitCode RunEvents(Invocation& invocation, const EventsFlags& flags) {
  client::Client client(invocation.client_options());
  const std::string parent = invocation.FullName(flags.all ? "-" : flags.name);
  v1::ListSessionEventsResponse collected;
  bool any = false;
  const absl::Status status = client.ForEachEvent(parent, flags.options, [&](const v1::SessionEvent& event) {
    any = true;
    if (flags.format == OutputFormat::kTable) {
      invocation.console.out << fmt::format("{}  {}  {}\n", LocalTime(ToWallTime(event.time())),
                                            invocation.DisplayName(event.name()),
                                            EventWords(event, invocation.console.color));
    } else {
      *collected.add_events() = event;
    }
    return true;
  });
  if (!status.ok()) return ReportError(invocation.console, "events " + parent, status);
  if (flags.format != OutputFormat::kTable) {
    PrintMessage(invocation.console, flags.format, collected);
  } else if (!any) {
    invocation.console.err << "no events\n";
  }
  return ExitCode::kOk;
}

}  // namespace

void AddEventsCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<EventsFlags>();
  CLI::App* const command = app.add_subcommand("events", "Show what happened to a session, the newest first");
  CLI::Option* const name = command->add_option("NAME", flags->name, "feed-1, or tenants/default/sessions/feed-1");
  command->add_flag("--all", flags->all, "All sessions of the tenant, those that were deleted too")->excludes(name);
  command
      ->add_option_function<std::vector<std::string>>(
          "--reason",
          [flags](const std::vector<std::string>& words) {
            for (const std::string& word : words) flags->options.reasons.push_back(ParseReason(word));
          },
          "Only this one, such as peer_closed, or recovery; may be repeated")
      ->allow_extra_args(false);
  AddBound(*command, "--since", flags->options.start, "Only from then on: how long ago, or RFC 3339");
  AddBound(*command, "--until", flags->options.end, "Only before then");
  command->add_option("--limit", flags->options.limit, "Most events to show; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddOutput(*command, flags->format);
  command->callback([&invocation, flags] {
    if (flags->name.empty() && !flags->all) throw CLI::RequiredError("NAME or --all");
    invocation.action = [&invocation, flags] { return RunEvents(invocation, *flags); };
  });
}

}  // namespace holter::cli
