// Randomness is handed in, so that a test that prints its seed can be run again.
#pragma once

#include <cstdint>
#include <random>

namespace holter {

// Not for secrets. One a loop; not thread-safe.
using Random = std::mt19937_64;

// In [0, 1).
inline double Uniform01(Random& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

}  // namespace holter
