#include "core/session_event.h"

#include <array>

namespace holter::core {
namespace {

constexpr std::array<std::string_view, kPhaseCount> kPhaseWords = {"dns", "connect", "tls", "upgrade"};

}  // namespace

std::string_view Word(Phase phase) { return kPhaseWords.at(static_cast<size_t>(phase)); }

}  // namespace holter::core
