// How all sessions of a tenant are, in numbers.
#pragma once

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "holter/v1/session_service.pb.h"
#include "registry/session_table.h"

namespace holter::registry {

// Looks at every session once, each as of its own moment. INVALID_ARGUMENT for the fields `parent` and `filter`.
absl::StatusOr<v1::FleetSummary> SummarizeFleet(const v1::GetFleetSummaryRequest& request, const SessionTable& table,
                                                const Clock& clock);

}  // namespace holter::registry
