// Holds all sessions of the process: N loops, each one thread; a session lives on one loop for life.
//
// Threads: every method may be called from any thread; those that concern a session post to its loop and return at
// once. Stop: Shutdown, from a thread that is not a loop's, then the destructor, which has nothing left to wait for. An
// engine that is destroyed without Shutdown does it then, with no time for farewells.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/operation_observer.h"
#include "core/session_observer.h"
#include "core/session_spec.h"
#include "engine/frame_log.h"
#include "engine/session_cell.h"
#include "transport/transport.h"

namespace holter::engine {

struct EngineOptions {
  int loops = 0;                // 0: one less than cores, at least one
  double connect_rate = 200;    // dials a second over all loops; 0: not limited
  int connect_in_flight = 256;  // attempts at a time over all loops; 0: not limited
  size_t file_limit = 0;        // 0: RLIMIT_NOFILE, raised to its hard limit
  uint64_t seed = 0;            // of the loops' generators; 0: drawn and logged
  // clock and operations may be null: the machine's clocks, and nobody who listens.
  transport::TransportOptions transport;
  // For tests: makes the channels of a loop instead of Beast. Called in Create, once a loop.
  std::function<absl::StatusOr<std::unique_ptr<transport::ChannelFactory>>(boost::asio::io_context&)>
      make_channel_factory;
};

// Used and left, for metrics and for answers.
struct Capacity {
  size_t sessions = 0;       // admitted: those that want a connection
  size_t session_limit = 0;  // file limit less 256
  size_t open_files = 0;     // sockets of sessions, closing ones included
  size_t dialing = 0;        // attempts in flight
  size_t waiting = 0;        // attempts that wait for their turn
  double connect_rate = 0;   // attempts a second; 0: not limited
};

class Engine {
 public:
  static absl::StatusOr<std::unique_ptr<Engine>> Create(const EngineOptions& options);
  virtual ~Engine() = default;

  // Takes room for `count` sessions that want a connection, all or nothing; paused ones need none. RESOURCE_EXHAUSTED,
  // reason OPEN_FILES_EXHAUSTED, metadata `limit`, `used` and `free` say how many fit.
  virtual absl::Status Admit(size_t count) = 0;
  // Gives room back that Admit took and no Begin has used.
  virtual void Unadmit(size_t count) = 0;

  // Begins a session in room that Admit took, or a paused one in none. Each observer lives until `done` of End has
  // been called, or outlives the engine; either may be null. `registry` hears of transitions, attempts, begin and end;
  // `metrics` of everything. During and after Shutdown the session is made but never begins.
  virtual SessionHandle Begin(core::SessionId id, core::SessionSpec spec, core::SessionObserver* metrics,
                              core::SessionObserver* registry) = 0;
  // Changes a running session; `metrics` may differ when the group changed: the old one hears OnEnd, the new one
  // OnBegin. The connection stays if it would be made alike now (connection_identity.h). A session that is paused by it
  // gives its room back when its loop has let go of the connection; one that is resumed needs room that Admit took.
  virtual void Update(const SessionHandle& session, core::SessionSpec spec, core::SessionObserver* metrics) = 0;
  // A new connection in place of that which there is, `after` from now; see SessionMachine::Reconnect.
  virtual void Reconnect(const SessionHandle& session, Duration after) = 0;
  // Has the observer told of the session's frames: see FrameLog::Watch.
  virtual void Watch(const SessionHandle& session, size_t most_recent,
                     const std::weak_ptr<FrameObserver>& observer) = 0;
  // Ends a session, polite to the peer, and gives its room back. `done`, if any, runs on the loop when the session is
  // gone: within 100 ms in every phase; what remains of its close handshake is bounded and belongs to the loop. After
  // Shutdown `done` runs in the caller.
  virtual void End(const SessionHandle& session, std::function<void()> done) = 0;

  virtual Capacity capacity() const = 0;
  virtual const Clock& clock() const = 0;

  // Refuses new sessions, sends close frames (1001) to all, waits until they are gone or `deadline` has passed, ends
  // the loops and joins their threads. Call once.
  virtual void Shutdown(Duration deadline) = 0;
};

}  // namespace holter::engine
