// Why a session is down, and what the kernel knew. The words are the same in status, events, metrics and alerts.
#pragma once

#include <cstdint>
#include <string_view>

namespace holter::core {

// Closed. Order and numbers are those of holter.v1.Reason, a test compares them.
enum class Reason : uint8_t {
  kNone = 0,
  kDns,
  kConnectRefused,
  kConnectTimeout,
  kUnreachable,
  kEgressDenied,
  kTlsUntrusted,
  kTlsExpired,
  kTlsName,
  kTlsTimeout,
  kTlsOther,
  kUpgradeStatus,
  kUpgradeInvalid,
  kUpgradeTimeout,
  kProtocolHeartbeat,
  kAppHeartbeat,
  kPeerClosed,
  kPeerReset,
  kWriteStalled,
  kMessageTooBig,
  kProtocolError,
  kSecret,
  kLocalResource,
  kOperator,
  kShutdown,
  kOpenScript,
  kWatchdog,
  kTerminalMessage,
  kSendBudget,
  kDecode,
  kEncode,
};
inline constexpr int kReasonCount = static_cast<int>(Reason::kEncode) + 1;

// "none", "dns", "connect_refused", …
std::string_view Word(Reason reason);

// What the kernel knew at the moment of death.
enum class Path : uint8_t {
  kUnknown = 0,
  kNetwork,  // our bytes were not acknowledged
  kPeer,     // TCP acknowledged, the program was silent
  kLocal,    // we were starved
};
inline constexpr int kPathCount = 4;

// "unknown", "network", "peer", "local".
std::string_view Word(Path path);

}  // namespace holter::core
