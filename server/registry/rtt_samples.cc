#include "registry/rtt_samples.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

namespace holter::registry {

google::protobuf::Duration RttSamples::Quantile(double q) {
  const auto at = rtts_.begin() + static_cast<ptrdiff_t>(q * static_cast<double>(rtts_.size() - 1));
  std::nth_element(rtts_.begin(), at, rtts_.end());
  return google::protobuf::util::TimeUtil::NanosecondsToDuration(at->count());
}

}  // namespace holter::registry
