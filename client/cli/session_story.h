// A session's status told as an answer to "why".
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "holter/v1/session.pb.h"

namespace holter::cli {

// "feed-1 is DOWN: the peer stopped answering op-ping (3 in a row), although TCP acknowledges our bytes; last alive 2m
// ago."
std::string WhySentence(const std::string& display_name, const v1::Session& session, WallTime now);

// What the sentence rests on, a line each: the daemon's own words, every heartbeat, what comes next.
std::vector<std::string> EvidenceLines(const v1::Session& session, WallTime now);

}  // namespace holter::cli
