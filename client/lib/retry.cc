#include "holter/retry.h"

#include <algorithm>
#include <cmath>

namespace holter::client {

std::chrono::nanoseconds RetryBackoff::Next() {
  using Nanoseconds = std::chrono::duration<double, std::nano>;
  // 2^30 times any first delay is beyond any cap.
  const double factor = std::exp2(std::min(attempt_, 30));
  const double delay =
      std::min(Nanoseconds(options_.first_delay).count() * factor, Nanoseconds(options_.max_delay).count());
  ++attempt_;
  std::uniform_real_distribution<double> jitter(0.5, 1.5);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Nanoseconds(delay * jitter(random_)));
}

}  // namespace holter::client
