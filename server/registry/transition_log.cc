#include "registry/transition_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace holter::registry {

bool TransitionLog::Add(TimePoint now, core::State state, core::Health health, core::Reason reason) {
  if (counted_.empty() && WindowIsOver(now)) {
    window_begin_ = now;
    told_ = 0;
    storm_ = false;
  }
  if (!storm_ && told_ < kMostLines) {
    ++told_;
    return true;
  }
  ++counted_[{state, health, reason}];
  return false;
}

std::optional<TransitionLog::Summary> TransitionLog::TakeSummary(TimePoint now) {
  if (counted_.empty() || !WindowIsOver(now)) return std::nullopt;
  std::vector<std::pair<size_t, std::string>> parts;
  Summary summary;
  for (const auto& [outcome, count] : counted_) {
    const auto& [state, health, reason] = outcome;
    parts.emplace_back(count, fmt::format("{}/{}/{} {}", Word(state), Word(health), Word(reason), count));
    summary.transitions += count;
  }
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [count, text] : parts) {
    summary.counts += (summary.counts.empty() ? "" : ", ") + text;
  }
  storm_ = told_ + summary.transitions > kMostLines;
  window_begin_ = now;
  told_ = 0;
  counted_.clear();
  return summary;
}

TimePoint TransitionLog::SummaryDue() const { return counted_.empty() ? kNever : window_begin_ + kWindow; }

}  // namespace holter::registry
