// The last frames of all sessions of a loop, in a bounded piece of memory that they share, and those who watch one of
// them: a session itself keeps nothing of what it has said and heard.
//
// Threads: the loop's, or the constructing one before the loop runs.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/frame.h"
#include "core/session_observer.h"

namespace holter::engine {

// Watches the frames of one session.
class FrameObserver {
 public:
  virtual ~FrameObserver() = default;

  // From the session's loop, in order. The payload lives for the call only; it may hold secrets. Must not block and
  // must not call the engine.
  virtual void OnFrame(const core::Frame& frame) = 0;
  // From the loop, or from whoever asked when the loop has ended: the session is gone, and nothing follows.
  virtual void OnSessionGone() = 0;
};

class FrameLog {
 public:
  static constexpr size_t kMostPayload = 1024;       // kept and told of one frame
  static constexpr size_t kBytes = size_t{2} << 20;  // at most; half of it is always full of the newest frames

  void Add(core::SessionId session, const core::Frame& frame);

  // Tells `observer` the last frames of the session that are still there, at most `most_recent`, then every one that is
  // added as long as the observer lives.
  void Watch(core::SessionId session, size_t most_recent, const std::weak_ptr<FrameObserver>& observer);
  // Tells those who watch it.
  void Forget(core::SessionId session);

 private:
  void Tell(core::SessionId session, const core::Frame& frame);

  // Records one behind the other. When the newer half is full the older one is forgotten.
  std::string older_;
  std::string newer_;
  absl::flat_hash_map<core::SessionId, std::vector<std::weak_ptr<FrameObserver>>> observers_;
};

}  // namespace holter::engine
