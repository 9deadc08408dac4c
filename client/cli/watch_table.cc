#include "client/cli/watch_table.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/cli/interrupt.h"
#include "client/cli/output.h"
#include "client/cli/watch_lines.h"
#include "client/cli/words.h"

namespace holter::cli {
namespace {

constexpr size_t kRecentChanges = 8;
constexpr size_t kRowsWithoutTerminal = 10'000;
constexpr size_t kFrameRows = 5;  // title, counts, header, blank lines

// The latest changes of health and of declarations, kept by a thread of its own that follows the watch. A watch that
// fails for good leaves the table without them: the draw loop finds out about the server by itself.
class RecentChanges {
 public:
  RecentChanges(client::Client& client, const Invocation& invocation, const std::string& filter, bool color)
      : watch_(client.WatchSessions(invocation.parent(), {.filter = filter})),
        lines_(invocation),
        color_(color),
        thread_([this] { Follow(); }) {}
  ~RecentChanges() {
    watch_->Cancel();
    thread_.join();
  }
  RecentChanges(const RecentChanges&) = delete;
  RecentChanges& operator=(const RecentChanges&) = delete;

  std::deque<std::string> Get() const {
    absl::MutexLock lock(&mutex_);
    return recent_;
  }

 private:
  void Follow() {
    while (true) {
      const auto event = watch_->Next();
      if (!event.ok()) return;
      if (event->kind == client::WatchEvent::Kind::kReset) lines_.Reset();
      for (const v1::SessionChange& change : event->response.changes()) Take(change);
    }
  }

  void Take(const v1::SessionChange& change) {
    // Attempts of a session that stays down would push everything else out.
    const bool tells = change.kind() != v1::SessionChange::KIND_TRANSITION || lines_.MovesHealth(change);
    const auto line = lines_.LineOf(change, color_);
    if (!line || !tells || change.kind() == v1::SessionChange::KIND_SNAPSHOT) return;
    absl::MutexLock lock(&mutex_);
    recent_.push_back(*line);
    if (recent_.size() > kRecentChanges) recent_.pop_front();
  }

  const std::unique_ptr<client::Watch> watch_;
  ChangeLines lines_;  // the thread's
  const bool color_;
  mutable absl::Mutex mutex_;
  std::deque<std::string> recent_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// Sleeps between two tables until something ends the command.
class Pause {
 public:
  void End() {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  // False when it has ended.
  bool Wait(Duration delay) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&ended_), absl::FromChrono(delay));
    return !ended_;
  }

 private:
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// A terminal that is drawn over: cleared at first, and long lines are cut, as a wrapped one would push the others down.
class Screen {
 public:
  explicit Screen(Console& console) : console_(console) {
    if (console_.terminal) console_.out << "\033[?7l\033[2J";
  }
  ~Screen() {
    if (console_.terminal) console_.out << "\033[?7h" << std::flush;
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

 private:
  Console& console_;
};

size_t TerminalRows() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

// What one drawing shows.
struct Frame {
  std::vector<v1::Session> sessions;
  std::string counts;
  std::deque<std::string> changes;
  absl::Status server;  // of the last List
};

void AppendTable(const Invocation& invocation, const Frame& frame, std::vector<std::string>& lines) {
  const Console& console = invocation.console;
  size_t room = kRowsWithoutTerminal;
  if (console.terminal) {
    const size_t others = kFrameRows + frame.changes.size() + 1;
    room = std::max<size_t>(3, TerminalRows() - std::min(TerminalRows(), others));
  }
  std::vector<std::string> table =
      SessionTable(invocation, frame.sessions, SystemClock().WallNow()).Lines(console.color);
  const size_t rows = table.size() - 1;
  if (rows > room) {
    table.resize(room);
    table.push_back(fmt::format("… and {} more", rows - (room - 1)));
  }
  lines.insert(lines.end(), table.begin(), table.end());
}

std::vector<std::string> FrameLines(const Invocation& invocation, const Frame& frame) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("holter  {}  {}", invocation.server, LocalTime(SystemClock().WallNow())));
  lines.push_back(frame.server.ok() ? frame.counts
                                    : fmt::format("the server is away: {}", std::string(frame.server.message())));
  lines.emplace_back();
  AppendTable(invocation, frame, lines);
  if (!frame.changes.empty()) lines.emplace_back();
  lines.insert(lines.end(), frame.changes.begin(), frame.changes.end());
  return lines;
}

void Draw(const Invocation& invocation, const Frame& frame) {
  Console& console = invocation.console;
  std::string text;
  if (console.terminal) text += "\033[H";  // over the old one, so that nothing flickers
  for (const std::string& line : FrameLines(invocation, frame)) {
    text += line;
    if (console.terminal) text += "\033[K";  // what is left of a longer line
    text += '\n';
  }
  text += console.terminal ? "\033[J" : "\n";
  console.out << text << std::flush;
}

// How many the terminal shows beside the rest.
int RowsToAskFor(const Invocation& invocation, const WatchTableFlags& flags) {
  if (flags.limit > 0) return flags.limit;
  return invocation.console.terminal ? static_cast<int>(TerminalRows()) : 0;
}

// Asks for what the next drawing shows; what was shown stays when the server is away.
void Refresh(client::Client& client, const Invocation& invocation, const WatchTableFlags& flags, Frame& frame) {
  const bool color = invocation.console.color;
  client::ListOptions options{.filter = flags.filter};
  if (flags.worst_first) {
    const auto summary = client.GetFleetSummary(invocation.parent(), flags.filter);
    frame.server = summary.status();
    if (!summary.ok()) return;
    frame.counts = CountLine(*summary, color);
    options.order_by = "health desc, rtt desc";
    options.limit = RowsToAskFor(invocation, flags);
  }
  auto sessions = client.List(invocation.parent(), options);
  frame.server = sessions.status();
  if (!sessions.ok()) return;
  frame.sessions = *std::move(sessions);
  if (!flags.worst_first) frame.counts = CountLine(frame.sessions, color);
}

using HealthCounts = std::map<v1::Health, int64_t>;

std::string CountText(int64_t sessions, HealthCounts counts, bool color) {
  std::string line = fmt::format("{} session{}", sessions, sessions == 1 ? "" : "s");
  const char* separator = ": ";
  for (const v1::Health health : {v1::HEALTH_HEALTHY, v1::HEALTH_DEGRADED, v1::HEALTH_DOWN, v1::HEALTH_UNKNOWN}) {
    if (counts[health] == 0) continue;
    const std::string text = fmt::format("{} {}", counts[health], HealthWord(health));
    line += separator + (color ? Paint(text, StyleOf(health)) : text);
    separator = ", ";
  }
  return line;
}

}  // namespace

std::string CountLine(const std::vector<v1::Session>& sessions, bool color) {
  HealthCounts counts;
  for (const v1::Session& session : sessions) ++counts[session.status().health()];
  return CountText(static_cast<int64_t>(sessions.size()), std::move(counts), color);
}

std::string CountLine(const v1::FleetSummary& summary, bool color) {
  HealthCounts counts;
  for (const auto& count : summary.healths()) counts[count.health()] = count.sessions();
  return CountText(summary.sessions(), std::move(counts), color);
}

ExitCode RunWatchTable(Invocation& invocation, const WatchTableFlags& flags) {
  Interrupt interrupt(flags.duration);
  Pause pause;
  const InterruptScope scope(interrupt, [&pause] { pause.End(); });
  client::Client client(invocation.client_options());
  Frame frame;
  Refresh(client, invocation, flags, frame);
  if (!frame.server.ok()) return ReportError(invocation.console, "list " + invocation.parent(), frame.server);
  const RecentChanges changes(client, invocation, flags.filter, invocation.console.color);
  const Screen screen(invocation.console);
  for (int drawn = 1;; ++drawn) {
    frame.changes = changes.Get();
    Draw(invocation, frame);
    if (!invocation.console.out || drawn == flags.count || !pause.Wait(flags.refresh)) return ExitCode::kOk;
    Refresh(client, invocation, flags, frame);
  }
}

}  // namespace holter::cli
