// Round trips as a small chart (SVG), drawn here so that it needs no script.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "observe/html_writer.h"

namespace holter::observe {

// One heartbeat's answers, the oldest first.
struct RttLine {
  struct Answer {
    TimePoint at;
    Duration rtt{};
  };
  std::string name;
  std::vector<Answer> answers;
  std::vector<TimePoint> misses;
};

// From `begin` to `end`; the height is that of the slowest answer. Nothing if there is neither an answer nor a miss.
void WriteRttChart(HtmlWriter& html, const std::vector<RttLine>& lines, TimePoint begin, TimePoint end);

}  // namespace holter::observe
