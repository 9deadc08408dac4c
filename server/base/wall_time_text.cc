#include "base/wall_time_text.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace holter {

void AppendWallTime(WallTime time, std::string& out) {
  using std::chrono::floor;
  using std::chrono::seconds;
  const auto whole = floor<seconds>(time);
  // Not time - whole: in the very first second of int64_t nanoseconds `whole` itself lies before the first of them.
  const auto past = (time.time_since_epoch() % seconds(1) + seconds(1)) % seconds(1);
  const auto milliseconds = floor<std::chrono::milliseconds>(past).count();
  const std::time_t since_epoch = whole.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&since_epoch, &parts);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds);
}

std::string FormatWallTime(WallTime time) {
  std::string out;
  AppendWallTime(time, out);
  return out;
}

}  // namespace holter
