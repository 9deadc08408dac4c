#include "core/reason.h"

#include <array>

namespace holter::core {
namespace {

constexpr std::array<std::string_view, kReasonCount> kReasonWords = {
    "none",
    "dns",
    "connect_refused",
    "connect_timeout",
    "unreachable",
    "egress_denied",
    "tls_untrusted",
    "tls_expired",
    "tls_name",
    "tls_timeout",
    "tls_other",
    "upgrade_status",
    "upgrade_invalid",
    "upgrade_timeout",
    "protocol_heartbeat",
    "app_heartbeat",
    "peer_closed",
    "peer_reset",
    "write_stalled",
    "message_too_big",
    "protocol_error",
    "secret",
    "local_resource",
    "operator",
    "shutdown",
    "open_script",
    "watchdog",
    "terminal_message",
    "send_budget",
    "decode",
    "encode",
};

constexpr std::array<std::string_view, kPathCount> kPathWords = {"unknown", "network", "peer", "local"};

}  // namespace

std::string_view Word(Reason reason) { return kReasonWords.at(static_cast<size_t>(reason)); }

std::string_view Word(Path path) { return kPathWords.at(static_cast<size_t>(path)); }

}  // namespace holter::core
