// By what an answer is found to belong to a beat: a hash of what is echoed, or the number itself where answers are
// compared by "at least".
#pragma once

#include <cstdint>
#include <string_view>

#include "core/inbound_message.h"
#include "core/session_spec.h"
#include "core/variable.h"

namespace holter::core {

uint64_t KeyOf(std::string_view echo);

// Of a beat that is sent; 0 if nothing is echoed.
uint64_t KeyOfVariable(const BeatSpec& beat, const BeatVariables& variables);

// Of an answer; false when there is no echo in it.
bool KeyOfEcho(const Correlation& correlate, const InboundMessage& message, uint64_t& key);

}  // namespace holter::core
