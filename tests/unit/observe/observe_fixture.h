// What the tests of observe share: a clock that stands still, and a reader of the text format.
#pragma once

#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "base/clock.h"

namespace holter::observe {

class StillClock final : public Clock {
 public:
  TimePoint Now() const override { return now_; }
  WallTime WallNow() const override { return wall_; }
  void Pass(Duration duration) {
    now_ += duration;
    wall_ += duration;
  }

 private:
  TimePoint now_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::seconds(1'700'000'000)};
};

// "name{labels}" to value, of the lines that are samples.
inline std::map<std::string, double> ParseSamples(const std::string& text) {
  std::map<std::string, double> samples;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const size_t space = line.rfind(' ');
    if (!line.empty() && line.front() != '#' && space != std::string::npos) {
      samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
  }
  return samples;
}

// Family name to type, of the lines that declare one.
inline std::map<std::string, std::string> ParseTypes(const std::string& text) {
  std::map<std::string, std::string> types;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE ")) {
      const size_t space = line.rfind(' ');
      types[line.substr(7, space - 7)] = line.substr(space + 1);
    }
  }
  return types;
}

}  // namespace holter::observe
