// A session's status told as an answer to "why".
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "holter/v1/session.pb.h"

namespace holter::spec {

// The moment of the story, and where it is told.
struct StoryTime {
  WallTime now;
  absl::TimeZone zone;
};

// What went wrong with a session that is down: "the peer does not answer pings (3 missed in a row)".
std::string CauseWords(const v1::SessionStatus& status);

// "feed-1 is DOWN: the peer stopped answering op-ping (3 in a row), although TCP acknowledges our bytes; last alive 2m
// ago."
std::string WhySentence(const std::string& display_name, const v1::Session& session, const StoryTime& time);

// What the sentence rests on, a line each: the daemon's own words, every heartbeat, what comes next.
std::vector<std::string> EvidenceLines(const v1::Session& session, const StoryTime& time);

}  // namespace holter::spec
