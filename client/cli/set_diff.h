// What became of a set of sessions, for people.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/cli/invocation.h"
#include "holter/v1/session_service.pb.h"

namespace holter::cli {

// A session that differs, as it is and as it is to be.
struct SessionChangeOf {
  v1::Session before;
  v1::Session after;
};

// "+ feed-1", "~ feed-2  spec.url, labels", "- feed-3"; what is unchanged has no line. With `values` of a session its
// fields stand below it, each with what it was and what it would be.
std::vector<std::string> SetDiffLines(const Invocation& invocation, const v1::ApplySessionsResponse& applied,
                                      const std::map<std::string, SessionChangeOf>& values);

// "1 created, 2 updated, 0 deleted, 17 unchanged; the lease ends 2026-01-31 13:05:59.123".
std::string SetSummaryLine(const v1::ApplySummary& summary, bool dry_run);

}  // namespace holter::cli
