// What can happen to a session: the input of SessionMachine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "core/reason.h"
#include "core/session_status.h"

namespace holter::core {

// When an event happened, and whether we could have seen it in time.
struct Tick {
  TimePoint now{};
  WallTime wall{};
  // End of the last time in which this loop did not run when it should have (process stopped, thread starved, a handler
  // that took too long). What was asked before it cannot be held against the peer, and its round trip is not a sample.
  TimePoint stalled_until = TimePoint::min();
};

// Phases of an attempt, in order.
enum class Phase : uint8_t { kDns, kConnect, kTls, kUpgrade };
inline constexpr int kPhaseCount = 4;
// "dns", "connect", "tls", "upgrade".
std::string_view Word(Phase phase);

// What the upgrade brought.
struct OpenInfo {
  std::string peer_address;  // "192.0.2.1:443", "[2001:db8::1]:443"
  std::string subprotocol = {};
  std::optional<WallTime> tls_expiry = std::nullopt;
  // What the secrets of parameters and templates are, by their slots.
  std::vector<std::pair<size_t, Secret>> secrets = {};
};

// Why an attempt did not open.
struct DialFailure {
  Reason reason = Reason::kNone;
  std::string detail;  // for people; never a secret
  int http_status = 0;
  std::optional<Duration> retry_after = std::nullopt;  // as the peer asked, not capped
};

// How an open connection ended, when the peer or the wire ended it.
struct CloseInfo {
  Reason reason = Reason::kPeerReset;  // kPeerClosed, kPeerReset, kMessageTooBig, kProtocolError
  uint16_t code = 0;                   // of the peer's close frame; 0: there was none
  std::string detail;
};

// What the kernel knows of the connection, asked when a verdict is due.
struct LinkState {
  bool write_blocked = false;  // a write has not been taken by the kernel
  bool unacked_bytes = false;  // bytes of ours that the peer's kernel has not acknowledged
  std::optional<TcpRtt> tcp_rtt;
};

// Why a session is stopped for good.
enum class StopCause : uint8_t {
  kDeleted,   // code 1000
  kShutdown,  // code 1001
};

}  // namespace holter::core
