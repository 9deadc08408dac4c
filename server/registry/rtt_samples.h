// Round trips, and how they are spread.
#pragma once

#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace holter::registry {

// Not thread-safe. Keeps every sample.
class RttSamples {
 public:
  void Add(Duration rtt) { rtts_.push_back(rtt); }
  bool empty() const { return rtts_.empty(); }
  int64_t count() const { return static_cast<int64_t>(rtts_.size()); }

  // The least sample that a share of `q` of all does not exceed: 0 is the least, 1 the longest; there has to be one.
  google::protobuf::Duration Quantile(double q);

 private:
  std::vector<Duration> rtts_;
};

}  // namespace holter::registry
