// What is said and heard, in words: "a message with /op = "pong"".
#pragma once

#include <string>

#include "holter/v1/heartbeat.pb.h"

namespace holter::spec {

// Of good matchers and templates, as they are declared: variables stay names.
std::string MatcherWords(const v1::Matcher& matcher);
std::string TemplateWords(const v1::MessageTemplate& message);
// Where a value stands: "/d/heartbeat_interval", "group 1 of …".
std::string PlaceWords(const v1::Capture& capture);

}  // namespace holter::spec
