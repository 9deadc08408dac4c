// How the client waits between attempts.
#pragma once

#include <chrono>
#include <random>

namespace holter::client {

// Attempt n waits min(first_delay * 2^n, max_delay), times a random factor in [0.5, 1.5].
struct RetryOptions {
  int max_retries = 3;  // after the first attempt; a watch that ran once ignores it
  std::chrono::nanoseconds first_delay = std::chrono::milliseconds(100);
  std::chrono::nanoseconds max_delay = std::chrono::seconds(10);
};

// The delays of one series of attempts. Not thread-safe.
class RetryBackoff {
 public:
  explicit RetryBackoff(const RetryOptions& options) : options_(options), random_(std::random_device{}()) {}

  std::chrono::nanoseconds Next();
  // An attempt went well: the next delay is the first again.
  void Reset() { attempt_ = 0; }
  // Delays given since the start or the last Reset.
  int attempt() const { return attempt_; }

 private:
  const RetryOptions options_;
  int attempt_ = 0;
  std::minstd_rand random_;
};

}  // namespace holter::client
