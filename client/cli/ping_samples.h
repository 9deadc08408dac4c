// Round trips of one layer, every one of them, and what they come to.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace holter::cli {

class PingSamples {
 public:
  void Add(Duration rtt) { samples_.push_back(rtt); }
  bool empty() const { return samples_.empty(); }

  // "min/avg/p99/max = 0.312/0.401/0.590/0.610 ms"; p99 by nearest rank. Not for no samples.
  std::string Summary() const;

 private:
  std::vector<Duration> samples_;
};

}  // namespace holter::cli
