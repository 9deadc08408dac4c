#include "tests/integration/process_meter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace holter::integration {
namespace {

// Fields of /proc/PID/stat are counted from 1, and the second one may hold spaces and ends with a parenthesis.
constexpr int kFirstBehindName = 3;
constexpr int kUserTicks = 14;

std::chrono::milliseconds CpuOf(pid_t pid) {
  std::string line;
  std::getline(std::ifstream(fmt::format("/proc/{}/stat", pid)), line);
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = kFirstBehindName; field < kUserTicks; ++field) fields >> skipped;
  int64_t user = 0;
  int64_t system = 0;
  fields >> user >> system;
  EXPECT_TRUE(fields) << line;
  return std::chrono::milliseconds((user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

size_t PeakOf(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string word; status >> word;) {
    size_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes << 10;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  ADD_FAILURE() << "no VmHWM of " << pid;
  return 0;
}

}  // namespace

Usage UsageOf(pid_t pid) { return {.cpu = CpuOf(pid), .peak_bytes = PeakOf(pid)}; }

}  // namespace holter::integration
