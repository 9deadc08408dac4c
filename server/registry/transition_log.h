// What the log says of transitions: each one, unless there are so many that a sum says more.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/clock.h"
#include "core/reason.h"
#include "core/session_status.h"

namespace holter::registry {

// Pure. At most kMostLines transitions within kWindow are told one by one; the others are counted by what became of the
// session. After a window that had more, all are counted, until one has no more than that.
class TransitionLog {
 public:
  static constexpr size_t kMostLines = 20;
  static constexpr Duration kWindow = std::chrono::seconds(1);

  // What became of many sessions.
  struct Summary {
    size_t transitions = 0;
    std::string counts;  // "backoff/down/peer_reset 18211, open/healthy/none 3", the most frequent first
  };

  // True: tell this one. False: it is counted, and TakeSummary will have it.
  bool Add(TimePoint now, core::State state, core::Health health, core::Reason reason);
  // What was counted in a window that has ended, once.
  std::optional<Summary> TakeSummary(TimePoint now);
  // When TakeSummary will have something; kNever if nothing is counted.
  TimePoint SummaryDue() const;

 private:
  using Outcome = std::tuple<core::State, core::Health, core::Reason>;

  bool WindowIsOver(TimePoint now) const { return now - window_begin_ >= kWindow; }

  TimePoint window_begin_{};
  size_t told_ = 0;
  bool storm_ = false;  // the window before had too many
  std::map<Outcome, size_t> counted_;
};

}  // namespace holter::registry
