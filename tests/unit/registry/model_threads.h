// Threads of a test, and how one waits for what the others do.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace holter::registry {

inline constexpr std::chrono::seconds kPatience{30};

// Rung when something may have come about that somebody waits for. Thread-safe.
class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  // Looks at the condition now and after every ring. False: it did not hold in time.
  bool Await(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    std::unique_lock lock(mutex_);
    while (true) {
      const int64_t heard = rings_;
      lock.unlock();
      if (condition()) return true;
      lock.lock();
      if (!rung_.wait_until(lock, end, [&] { return rings_ != heard; })) return false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  int64_t rings_ = 0;
};

// Runs `work` again and again on a thread of its own until it is stopped.
class Worker {
 public:
  explicit Worker(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          while (!stopping_) work();
        }) {}
  ~Worker() { Stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace holter::registry
