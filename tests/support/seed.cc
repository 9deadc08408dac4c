#include "tests/support/seed.h"

#include <cstdlib>
#include <iostream>
#include <random>

namespace holter::testing {

uint64_t TestSeed() {
  const char* given = std::getenv("HOLTER_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "HOLTER_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace holter::testing
