// How many files the process may have open, and how many of them are for sessions.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"

namespace holter::engine {

// Files kept from sessions: for callers of the API and scrapers, the store, the log, and for reconnects that overlap a
// close handshake.
inline constexpr size_t kFilesKeptFromSessions = 256;
// Of these, files kept from every socket of the sessions, closing ones included.
inline constexpr size_t kFilesKeptFromSockets = 64;

// Raises RLIMIT_NOFILE to its hard limit and returns that. Concerns the whole process.
absl::StatusOr<size_t> RaiseFileLimit();

}  // namespace holter::engine
