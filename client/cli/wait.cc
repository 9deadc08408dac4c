// holter wait: for scripts that go on only when sessions are as they should be.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>

#include "absl/strings/ascii.h"
#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/interrupt.h"
#include "spec/session_story.h"

namespace holter::cli {
namespace {

// The server takes no longer filter. Names that do not fit into one are picked from a watch of the whole tenant.
constexpr size_t kMostFilterBytes = 2048;

// What every session has to be.
struct Goal {
  bool deleted = false;
  v1::State state = v1::STATE_UNSPECIFIED;     // if set
  v1::Health health = v1::HEALTH_UNSPECIFIED;  // if set

  bool HoldsFor(const v1::SessionStatus& status) const {
    if (deleted) return false;
    return (state == v1::STATE_UNSPECIFIED || status.state() == state) &&
           (health == v1::HEALTH_UNSPECIFIED || status.health() == health);
  }
};

struct WaitFlags {
  std::vector<std::string> names;
  Goal goal;
  Duration timeout = std::chrono::seconds(30);
};

// "health=HEALTHY", "state=OPEN", "deleted"; words in any case.
Goal ParseGoal(const std::string& text) {
  Goal goal;
  if (text == "deleted") {
    goal.deleted = true;
    return goal;
  }
  const std::string word = absl::AsciiStrToUpper(text.substr(std::min(text.find('='), text.size() - 1) + 1));
  const bool known = (text.starts_with("health=") && v1::Health_Parse("HEALTH_" + word, &goal.health)) ||
                     (text.starts_with("state=") && v1::State_Parse("STATE_" + word, &goal.state));
  if (!known || word == "UNSPECIFIED") {
    throw CLI::ValidationError("--for",
                               "expected health=HEALTHY, state=OPEN or the like, or deleted; got \"" + text + "\"");
  }
  return goal;
}

// What is known of the sessions that are waited for; changes of others are passed over. A change that holds once is
// enough: the goal was reached.
class Waiting {
 public:
  Waiting(const Goal& goal, const std::vector<std::string>& names)
      : goal_(goal), missing_(names.begin(), names.end()) {}

  // False: nobody will reach the goal, as this session is not there.
  bool Take(const v1::SessionChange& change) {
    const std::string& name = change.session().name();
    switch (change.kind()) {
      case v1::SessionChange::KIND_SNAPSHOT:
      case v1::SessionChange::KIND_DECLARED:
      case v1::SessionChange::KIND_TRANSITION:
        if (!missing_.contains(name)) return true;
        known_[name] = change.session();
        if (goal_.HoldsFor(change.session().status())) missing_.erase(name);
        return true;
      case v1::SessionChange::KIND_SNAPSHOT_END:
        for (const std::string& each : std::set<std::string>(missing_)) {
          if (!known_.contains(each) && !Gone(each)) return false;
        }
        return true;
      case v1::SessionChange::KIND_DELETED:
        known_.erase(name);
        return !missing_.contains(name) || Gone(name);
      default:
        return true;
    }
  }

  bool done() const { return missing_.empty(); }
  const std::set<std::string>& missing() const { return missing_; }
  const std::map<std::string, v1::Session>& known() const { return known_; }
  void Forget() { known_.clear(); }

 private:
  bool Gone(const std::string& name) {
    if (goal_.deleted) missing_.erase(name);
    return goal_.deleted;
  }

  const Goal goal_;
  std::set<std::string> missing_;  // have not reached the goal
  std::map<std::string, v1::Session> known_;
};

ExitCode ReportWaiting(Invocation& invocation, const Waiting& waiting, const char* why) {
  for (const std::string& name : waiting.missing()) {
    const auto found = waiting.known().find(name);
    const std::string story = found == waiting.known().end()
                                  ? "there is no session " + name
                                  : spec::WhySentence(invocation.DisplayName(name), found->second,
                                                      {SystemClock().WallNow(), absl::LocalTimeZone()});
    invocation.console.err << fmt::format("holter: {}: {}\n", why, story);
  }
  return ExitCode::kFailure;
}

// "" when there are too many.
std::string FilterFor(const std::vector<std::string>& names) {
  std::string filter;
  for (const std::string& name : names) {
    filter += fmt::format("{}name = \"{}\"", filter.empty() ? "" : " OR ", name);
    if (filter.size() > kMostFilterBytes) return "";
  }
  return filter;
}

ExitCode RunWait(Invocation& invocation, const WaitFlags& flags) {
  std::vector<std::string> names;
  for (const std::string& given : flags.names) names.push_back(invocation.FullName(given));
  Interrupt interrupt(flags.timeout);
  client::Client client(invocation.client_options());
  const std::string parent = names.front().substr(0, names.front().find("/sessions/"));
  const auto watch = client.WatchSessions(parent, {.filter = FilterFor(names)});
  const InterruptScope scope(interrupt, [&watch] { watch->Cancel(); });
  Waiting waiting(flags.goal, names);
  while (!waiting.done()) {
    const auto event = watch->Next();
    if (absl::IsCancelled(event.status())) return ReportWaiting(invocation, waiting, "waited in vain");
    if (!event.ok()) return ReportError(invocation.console, "wait " + parent, event.status());
    if (event->kind == client::WatchEvent::Kind::kReset) waiting.Forget();
    for (const v1::SessionChange& change : event->response.changes()) {
      if (!waiting.Take(change)) {
        ReportWaiting(invocation, waiting, "not to be waited for");
        return ExitCode::kRefused;
      }
    }
  }
  return ExitCode::kOk;
}

}  // namespace

void AddWaitCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<WaitFlags>();
  CLI::App* const command = app.add_subcommand("wait", "Wait until sessions are as they should be");
  command->add_option("NAME", flags->names, "feed-1, or tenants/default/sessions/feed-1; all of one tenant")
      ->required();
  command
      ->add_option_function<std::string>(
          "--for", [flags](const std::string& text) { flags->goal = ParseGoal(text); },
          "health=HEALTHY, state=OPEN or the like, or deleted")
      ->required()
      ->type_name("GOAL");
  AddDuration(*command, "--timeout", flags->timeout, "How long; 0s: for ever");
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunWait(invocation, *flags); }; });
}

}  // namespace holter::cli
