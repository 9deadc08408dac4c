// The other side of a simulated session: how it takes connections and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "core/session_event.h"

namespace holter::sim {

enum class PeerKind : uint8_t {
  kGood,        // answers everything within 200 ms
  kSlow,        // answers everything, sometimes too late
  kZombie,      // accepts, never answers
  kHalfZombie,  // answers pings; its application is dead
  kForgetful,   // leaves one question in ten without answer
  kEmptyPong,   // answers with empty pongs, and beats properly
  kNoisy,       // repeats, invents and empties pongs beside the right ones
  kHangUp,      // accepts, then closes at once
  kUnstable,    // good, but every connection ends after a while
  kRefusing,    // never accepts
  kStatus,      // answers the upgrade with a status, often with Retry-After
  kNeverAgain,  // answers 410
};
inline constexpr int kPeerKinds = 12;

// What happens to a session some time after now.
struct Happening {
  enum class Kind : uint8_t { kOpened, kDialFailed, kPong, kMessage, kClosed } kind = Kind::kPong;
  Duration after{};
  std::string payload = {};
  core::DialFailure failure = {};
  core::CloseInfo close = {};
};

// Pure but for the generator.
std::vector<Happening> OnDial(PeerKind kind, Random& random);
std::vector<Happening> OnPing(PeerKind kind, std::string_view payload, Random& random);
// Answers "q<n>" with "a<n>".
std::vector<Happening> OnQuestion(PeerKind kind, std::string_view payload, Random& random);

}  // namespace holter::sim
