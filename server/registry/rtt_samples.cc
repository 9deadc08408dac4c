#include "registry/rtt_samples.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>

namespace holter::registry {

google::protobuf::Duration RttSamples::Quantile(double q) {
  constexpr double rounding = 1e-9;  // what 0.9 times 10 may be too much
  const double rank = std::ceil(q * static_cast<double>(rtts_.size()) - rounding);
  const auto at = rtts_.begin() + static_cast<ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(rtts_.begin(), at, rtts_.end());
  return google::protobuf::util::TimeUtil::NanosecondsToDuration(at->count());
}

}  // namespace holter::registry
