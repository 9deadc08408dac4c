// How often a model-based test begins anew: a few times, or as often as the time that it is given allows.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/duration_text.h"
#include "tests/support/seed.h"

namespace holter::registry {

// HOLTER_MODEL_TIME=10m: rounds begin for so long. Each has a seed of its own, which HOLTER_SEED runs first.
class ModelRounds {
 public:
  explicit ModelRounds(uint64_t least) : least_(least) {
    const char* const time = std::getenv("HOLTER_MODEL_TIME");
    if (time == nullptr) return;
    const absl::StatusOr<Duration> parsed = ParseDuration(time);
    EXPECT_TRUE(parsed.ok()) << "HOLTER_MODEL_TIME: " << parsed.status();
    if (parsed.ok()) time_ = *parsed;
  }

  bool Next() {
    if (begun_ >= least_ && std::chrono::steady_clock::now() - begin_ >= time_) return false;
    ++begun_;
    return true;
  }
  uint64_t seed() const { return first_ + begun_ - 1; }

  std::string Place() const { return "HOLTER_SEED=" + std::to_string(seed()); }
  std::string Report() const {
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin_);
    return std::to_string(begun_) + " rounds in " + std::to_string(took.count()) + " s, seeds " +
           std::to_string(first_) + " to " + std::to_string(seed());
  }

 private:
  const uint64_t least_;
  const uint64_t first_ = holter::testing::TestSeed();
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Duration time_{};
  uint64_t begun_ = 0;
};

}  // namespace holter::registry
