#include "core/beat_key.h"

#include <string>

#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"

namespace holter::core {
namespace {

// A ring keeps 56 bits of a key, and nanoseconds since 1970 have more.
constexpr uint64_t kNanosecondsOfKey = 1000;

bool ReadNumber(const Correlation& correlate, std::string_view text, uint64_t& key) {
  if (!absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &key)) return false;
  if (correlate.variable == Variable::kUnixNs) key /= kNanosecondsOfKey;
  return true;
}

}  // namespace

uint64_t KeyOf(std::string_view echo) { return absl::HashOf(absl::string_view(echo.data(), echo.size())); }

uint64_t KeyOfVariable(const BeatSpec& beat, const BeatVariables& variables) {
  if (!beat.correlate) return 0;
  static thread_local std::string echo;  // keeps its capacity
  echo.clear();
  variables.Append(beat.correlate->variable, echo);
  uint64_t number = 0;
  if (beat.correlate->at_least && ReadNumber(*beat.correlate, echo, number)) return number;
  return KeyOf(echo);
}

bool KeyOfEcho(const Correlation& correlate, const InboundMessage& message, uint64_t& key) {
  static thread_local Value echo;  // keeps its capacity
  if (!correlate.place.Extract(message, echo)) return false;
  if (correlate.at_least) return ReadNumber(correlate, echo.text, key);
  key = KeyOf(echo.text);
  return true;
}

}  // namespace holter::core
