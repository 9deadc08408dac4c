// What a probe and a tap tell, as lines for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "holter/v1/session_service.pb.h"

namespace holter::cli {

// "2026-01-31 13:05:59.123  protocol acked, rtt 0.412 ms". Nothing for a beat that went out, and for the summary.
std::optional<std::string> ProbeLine(const v1::ProbeSessionResponse& response, bool color);
// Why it is as it is, then a line a heartbeat. `target` is the peer, for people.
std::vector<std::string> ProbeSummaryLines(const std::string& target, const v1::ProbeSummary& summary, WallTime now);
// It ended HEALTHY, with at least one heartbeat answered and none lost.
bool ProbeWentWell(const v1::ProbeSummary& summary);

// "2026-01-31 13:05:59.123  in   text 17 B  {"op":"pong"}"; what is not text is hexadecimal.
std::string FrameLine(const v1::TapSessionResponse::Frame& frame);

}  // namespace holter::cli
