#include "core/backoff.h"

#include <algorithm>
#include <cmath>

namespace holter::core {
namespace {

// Longer than any max_delay that a spec may have; keeps the arithmetic finite.
constexpr double kMostSeconds = 7 * 24 * 3600.0;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration Jittered(double seconds, double jitter, Random& random) {
  const double width = std::clamp(jitter, 0.0, 1.0);
  const double factor = 1.0 - width + 2.0 * width * Uniform01(random);
  const double chosen = std::clamp(seconds * factor, 0.0, kMostSeconds);
  return std::max(kLeastDelay, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(chosen)));
}

}  // namespace

Duration BackoffDelay(const ReconnectSpec& spec, int attempt, Random& random) {
  const double grown = Seconds(spec.first_delay) * std::pow(std::max(1.0, spec.factor), std::max(0, attempt));
  // A product that is not a number (zero times infinity) compares false and takes the cap.
  const double most = Seconds(spec.max_delay);
  return Jittered(grown < most ? grown : most, spec.jitter, random);
}

Duration SlowDelay(const ReconnectSpec& spec, Random& random) {
  return Jittered(Seconds(spec.max_delay), spec.jitter, random);
}

Duration AtLeastRetryAfter(const ReconnectSpec& spec, Duration delay, Duration retry_after, Random& random) {
  const Duration asked = std::min(retry_after, spec.retry_after_max);
  if (asked <= delay) return delay;
  const double spread = Seconds(delay) * std::clamp(spec.jitter, 0.0, 1.0) * Uniform01(random);
  return asked + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(spread));
}

}  // namespace holter::core
