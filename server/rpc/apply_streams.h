// The ApplySessions streams that are open, so that a stop can end them, and those that do not go on are ended.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"

namespace holter::rpc {

class ApplyReactor;

// Thread-safe. Outlives the streams.
class ApplyStreams {
 public:
  // After Close its status: no new stream is taken.
  absl::Status Add(const std::shared_ptr<ApplyReactor>& stream);
  void Remove(const std::shared_ptr<ApplyReactor>& stream);

  // Takes no more, and ends those whose set is not whole.
  void Close(const absl::Status& status);
  // Ends them all.
  void EndAll(const absl::Status& status);
  // Ends those of which nothing was read or written since `time`.
  void EndIdleSince(TimePoint time);

 private:
  std::vector<std::shared_ptr<ApplyReactor>> Streams();

  std::mutex mutex_;  // a leaf
  std::unordered_set<std::shared_ptr<ApplyReactor>> streams_;
  absl::Status closed_;
};

}  // namespace holter::rpc
