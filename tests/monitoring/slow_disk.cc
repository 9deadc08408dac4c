// Preloaded into a holterd whose disk is to be slow: while the file exists that HOLTER_SLOW_DISK names, each sync takes
// half a second longer. These definitions come before libc's, for SQLite's library too.
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

void BeSlow() {
  const char* const mark = std::getenv("HOLTER_SLOW_DISK");
  if (mark != nullptr && ::access(mark, F_OK) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(500));
}

}  // namespace

extern "C" {

int fsync(int file) {
  BeSlow();
  return static_cast<int>(::syscall(SYS_fsync, file));
}

int fdatasync(int file) {
  BeSlow();
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

}  // extern "C"
