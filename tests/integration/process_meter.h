// What a process costs, as the kernel counts it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace holter::integration {

struct Usage {
  std::chrono::milliseconds cpu{};  // user and system, in the kernel's ticks of 10 ms; waiting for a core is not in it
  size_t peak_bytes = 0;            // the largest resident size so far
};

// From /proc; fails the test when there is no such process.
Usage UsageOf(pid_t pid);

}  // namespace holter::integration
