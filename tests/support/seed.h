// Seeds of randomised tests: printed, and taken from HOLTER_SEED to run a failure again.
#pragma once

#include <cstdint>

namespace holter::testing {

// Draws a seed unless HOLTER_SEED is set; prints it either way.
uint64_t TestSeed();

}  // namespace holter::testing
