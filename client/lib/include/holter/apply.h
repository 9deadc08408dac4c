// Whole sets of sessions.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "holter/v1/session.pb.h"

namespace holter::client {

// Gives one session of a set after the other, then nothing. It runs on a thread of gRPC's, must not block for long and
// must not throw.
using SessionSource = std::function<std::optional<v1::Session>()>;

// How a set is meant.
struct ApplyOptions {
  bool dry_run = false;                  // check and answer everything, change nothing
  bool prune = false;                    // delete the owner's sessions that the set has not
  std::chrono::nanoseconds lease_ttl{};  // 5 s to 24 h; 0: no lease, also if there was one
};

}  // namespace holter::client
