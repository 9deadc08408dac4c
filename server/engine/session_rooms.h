// Counts the sessions that want a connection, for which the process has to have room.
#pragma once

#include <atomic>
#include <cstddef>

#include "absl/status/status.h"

namespace holter::engine {

// Thread-safe.
class SessionRooms {
 public:
  // `limit` sessions; `file_limit` is only for the message.
  SessionRooms(size_t limit, size_t file_limit) : limit_(limit), file_limit_(file_limit) {}

  // All `count` or none: RESOURCE_EXHAUSTED, OPEN_FILES_EXHAUSTED.
  absl::Status Take(size_t count);
  void GiveBack(size_t count);

  size_t used() const { return used_.load(std::memory_order_relaxed); }
  size_t limit() const { return limit_; }

 private:
  const size_t limit_;
  const size_t file_limit_;
  std::atomic<size_t> used_ = 0;
};

}  // namespace holter::engine
