// Peers that repeat the secrets that they were told, in every place where a peer has something to say.
#pragma once

#include <string>

#include "tests/support/misbehaving_peer.h"

namespace holter::integration {

// What the peer has learned from the request.
std::string TokenOf(const std::string& request);

// Refuses the upgrade and says everything that it was told, wherever a response has room for it.
holter::testing::Script EchoesInTheRefusal();
// Answers with what is no HTTP.
holter::testing::Script EchoesInsteadOfHttp();
holter::testing::Script ChoosesASubprotocolThatItWasNotOffered();
// Says it in a message, in a pong and in the reason of its close frame.
holter::testing::Script EchoesInFrames();
// Breaks RFC 6455 with it.
holter::testing::Script EchoesInABrokenFrame();
// Takes the last word of the first message for a secret. Welcomes with it and repeats messages; then says "end" with
// it, every other time, and closes with it.
holter::testing::Script EchoesWords();

}  // namespace holter::integration
