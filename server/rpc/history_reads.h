// Calls that read the history from the disk.
#pragma once

#include <atomic>
#include <functional>

#include "absl/status/status.h"
#include "registry/turn_thread.h"

namespace holter::rpc {

// One after the other on a thread of their own: gRPC's few threads would wait for the disk, and all other calls for
// them. Any thread. The destructor joins, and gives what has not begun no more than the answer that holterd is
// stopping.
class HistoryReads {
 public:
  static constexpr int kMostWaiting = 64;

  ~HistoryReads() { stopping_ = true; }

  // Calls `read` once: with OK when it may read, else with what to answer, at once if too many wait.
  // RESOURCE_EXHAUSTED, HISTORY_BUSY; UNAVAILABLE, SHUTTING_DOWN.
  void Run(std::function<void(const absl::Status&)> read);

 private:
  std::atomic<int> waiting_{0};  // the one that reads included
  std::atomic<bool> stopping_{false};
  registry::TurnThread thread_;  // last: ends first
};

}  // namespace holter::rpc
