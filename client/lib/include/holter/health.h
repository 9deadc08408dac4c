// Whether a server serves.
#pragma once

#include "absl/status/statusor.h"
#include "holter/options.h"

namespace holter::client {

// Asks gRPC's own health service, which needs no token, once; blocks until the answer or the deadline. False: it
// answers, and does not serve. UNAVAILABLE or DEADLINE_EXCEEDED: nobody answers.
absl::StatusOr<bool> IsServing(const ClientOptions& options);

}  // namespace holter::client
