#include "core/session_event.h"

#include <array>

namespace holter::core {

std::string_view Word(Phase phase) {
  static constexpr std::array<std::string_view, kPhaseCount> kWords = {"dns", "connect", "tls", "upgrade"};
  return kWords.at(static_cast<size_t>(phase));
}

}  // namespace holter::core
