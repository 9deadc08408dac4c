#include "client/cli/ping_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace holter::cli {

std::string PingSamples::Summary() const {
  assert(!samples_.empty());
  std::vector<Duration> sorted = samples_;
  std::sort(sorted.begin(), sorted.end());
  const auto milliseconds = [](Duration rtt) { return std::chrono::duration<double, std::milli>(rtt).count(); };
  const size_t rank = (sorted.size() * 99 + 99) / 100;  // from 1
  const Duration sum = std::accumulate(sorted.begin(), sorted.end(), Duration::zero());
  return fmt::format("min/avg/p99/max = {:.3f}/{:.3f}/{:.3f}/{:.3f} ms", milliseconds(sorted.front()),
                     milliseconds(sum) / static_cast<double>(sorted.size()), milliseconds(sorted[rank - 1]),
                     milliseconds(sorted.back()));
}

}  // namespace holter::cli
