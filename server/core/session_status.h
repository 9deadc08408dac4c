// A snapshot of what is true of a session.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "core/reason.h"

namespace holter::core {

// Numbers are those of holter.v1.State.
enum class State : uint8_t { kConnecting = 1, kOpen = 2, kBackoff = 3, kStopped = 4, kPaused = 5 };
// Numbers are those of holter.v1.Health.
enum class Health : uint8_t { kUnknown = 1, kHealthy = 2, kDegraded = 3, kDown = 4 };
// Numbers are those of holter.v1.BeatStatus.Verdict.
enum class Verdict : uint8_t { kUnknown = 1, kAlive = 2, kLate = 3, kDead = 4, kKeepaliveOnly = 5 };

// "connecting", "open", "backoff", "stopped", "paused".
std::string_view Word(State state);
// "unknown", "healthy", "degraded", "down".
std::string_view Word(Health health);
// "unknown", "alive", "late", "dead", "keepalive_only".
std::string_view Word(Verdict verdict);

// Counters of one heartbeat since Holter started.
struct BeatCounters {
  uint32_t sent = 0;
  uint32_t acked = 0;
  uint32_t missed = 0;
  uint32_t late = 0;
  uint32_t foreign = 0;
  uint32_t duplicate = 0;
  uint32_t unsolicited = 0;

  friend bool operator==(const BeatCounters&, const BeatCounters&) = default;
};

// One heartbeat's verdict. The name is found in the spec: index 0 is the protocol heartbeat if it is active.
struct BeatStatus {
  std::string name;  // "protocol" or the beat's
  Verdict verdict = Verdict::kUnknown;
  std::optional<Duration> last_rtt;
  std::optional<TimePoint> last_ack;
  int misses = 0;
  BeatCounters counters;
  // What holds now; none while the heartbeat is off.
  std::optional<Duration> interval;
  std::optional<Duration> timeout;
};

// One watchdog's verdict; LATE is degraded.
struct WatchdogStatus {
  std::string name;
  Verdict verdict = Verdict::kUnknown;
  std::optional<TimePoint> last_match;
  uint64_t matches = 0;
  uint64_t violations = 0;
};

// Counters of what crossed the connection, since Holter started.
struct Traffic {
  uint64_t messages_in = 0;
  uint64_t messages_out = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
};

// The kernel's figures (tcp_info). tcpi_rtt contains the peer's thinking time when its ACK rides on the answer, so the
// least one is the network's.
struct TcpRtt {
  Duration min{};
  Duration smoothed{};
};

// One value; built on request, not kept.
struct SessionStatus {
  State state = State::kConnecting;
  Health health = Health::kUnknown;
  Reason reason = Reason::kNone;
  Path path = Path::kUnknown;
  std::string detail;
  TimePoint state_since{};
  TimePoint health_since{};
  std::optional<TimePoint> last_alive;
  std::optional<TimePoint> next_attempt;
  int attempts = 0;
  int64_t reconnects = 0;
  std::optional<TcpRtt> tcp_rtt;
  std::vector<BeatStatus> beats;
  std::vector<WatchdogStatus> watchdogs;
  bool opening = false;                                     // the open script is not done
  std::vector<std::pair<std::string, std::string>> values;  // those that the spec shows; texts are UTF-8
  std::string peer_address;
  std::string subprotocol;
  std::optional<WallTime> tls_expiry;
  Traffic traffic;
  int last_close_code = 0;
  int last_http_status = 0;
};

// What the series of a session, filters and orders need, copied without an allocation: a scrape or a list locks every
// session for it, and whoever is taken off the processor with that lock makes a loop wait.
struct SessionVitals {
  // Over the heartbeats of one layer.
  struct Layer {
    bool active = false;
    std::optional<Duration> last_rtt;  // of the heartbeat that was answered last
    uint32_t missed = 0;               // over all
  };

  State state = State::kConnecting;
  Health health = Health::kUnknown;
  Reason reason = Reason::kNone;
  Path path = Path::kUnknown;
  int attempts = 0;
  int64_t reconnects = 0;
  TimePoint state_since{};
  TimePoint health_since{};
  std::optional<TimePoint> last_alive;
  std::optional<TcpRtt> tcp_rtt;
  std::optional<WallTime> tls_expiry;
  Layer protocol;
  Layer app;
};

}  // namespace holter::core
