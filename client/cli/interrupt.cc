#include "client/cli/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace holter::cli {
namespace {

constexpr int kInterruptedExit = 130;  // what shells expect of a process that ends by SIGINT

int Checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

// For poll: what is left until `end`, rounded up; -1 for ever.
int MillisecondsUntil(TimePoint end) {
  if (end == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - SystemClock().Now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
}

}  // namespace

Interrupt::Interrupt(Duration limit) {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&mask, signal);
  signal_fd_ = Checked(signalfd(-1, &mask, SFD_CLOEXEC), "signalfd");
  stop_fd_ = Checked(eventfd(0, EFD_CLOEXEC), "eventfd");
  pthread_sigmask(SIG_BLOCK, &mask, &old_mask_);
  thread_ = std::thread([this, limit] { Watch(limit); });
}

Interrupt::~Interrupt() {
  eventfd_write(stop_fd_, 1);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
  close(signal_fd_);
  close(stop_fd_);
}

void Interrupt::Watch(Duration limit) {
  TimePoint end = limit > Duration::zero() ? SystemClock().Now() + limit : kNever;
  bool signalled = false;
  while (true) {
    std::array<pollfd, 2> fds{pollfd{signal_fd_, POLLIN, 0}, pollfd{stop_fd_, POLLIN, 0}};
    if (poll(fds.data(), fds.size(), MillisecondsUntil(end)) < 0) continue;  // EINTR
    if (fds[1].revents != 0) return;
    if (signalfd_siginfo info{}; fds[0].revents != 0 && read(signal_fd_, &info, sizeof info) == sizeof info) {
      if (std::exchange(signalled, true)) _exit(kInterruptedExit);
      Fire();
    }
    if (end != kNever && SystemClock().Now() >= end) {
      end = kNever;
      Fire();
    }
  }
}

void Interrupt::Fire() {
  absl::MutexLock lock(&mutex_);
  if (!std::exchange(fired_, true) && action_) action_();
}

InterruptScope::InterruptScope(Interrupt& interrupt, std::function<void()> action) : interrupt_(interrupt) {
  absl::MutexLock lock(&interrupt_.mutex_);
  if (interrupt_.fired_) {
    action();
  } else {
    interrupt_.action_ = std::move(action);
  }
}

InterruptScope::~InterruptScope() {
  absl::MutexLock lock(&interrupt_.mutex_);
  interrupt_.action_ = nullptr;
}

}  // namespace holter::cli
