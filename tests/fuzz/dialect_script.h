// The bytes that drive fuzz_dialects: a preset, then steps. Shared with what makes its corpus.
#pragma once

#include <cstdint>

namespace holter::fuzz {

// The first byte is the preset, as SpokenPreset::At takes it. Then comes a byte for each step, modulo kSteps, and what
// it takes: numbers are one byte, a text is its length in one byte and its bytes.
enum class Step : uint8_t {
  kPass,      // time: passes, at most until the next deadline
  kFollow,    // number: so many deadlines come
  kStall,     // time: we stood still
  kText,      // text: a message
  kBinary,    // text: a message
  kPing,      // text: of the peer
  kPong,      // number: even: the answer to the last ping, odd: another
  kLine,      // number: of the transcript's lines of the peer
  kBentLine,  // number, place, text: the line with the text written over it
  kEcho,      // what we said last
  kAgain,     // number: even: what was heard last, so often; odd: the last two in turn
  kOpen,      // the attempt is open
  kFailDial,  // number: reason
  kClose,     // number: code
  kUpdate,    // number: even: the same declaration, odd: another preset, a byte
  kWish,      // number: pause, resume, reconnect
};
inline constexpr int kSteps = 16;

}  // namespace holter::fuzz
