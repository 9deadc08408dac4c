// holter watch --table: all sessions at a glance, drawn anew again and again.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "client/cli/exit_code.h"
#include "client/cli/invocation.h"
#include "holter/v1/session.pb.h"
#include "holter/v1/session_service.pb.h"

namespace holter::cli {

struct WatchTableFlags {
  Duration refresh = std::chrono::seconds(1);
  int count = 0;        // tables to draw; 0: no limit
  Duration duration{};  // zero: no limit
  std::string filter{};
  bool worst_first = false;  // only the first `limit`, DOWN before the others; the counts are of all
  int limit = 0;             // 0: as many as the terminal shows
};

// On a terminal the table is drawn in place; elsewhere one follows the other. Ends by Ctrl-C, count or duration. While
// the server is away the last table stays, with a word about it.
ExitCode RunWatchTable(Invocation& invocation, const WatchTableFlags& flags);

// "6 sessions: 4 HEALTHY, 1 DEGRADED, 1 DOWN".
std::string CountLine(const std::vector<v1::Session>& sessions, bool color);
std::string CountLine(const v1::FleetSummary& summary, bool color);

}  // namespace holter::cli
