// How all sessions are, in numbers that lead to them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "holter/v1/session_service.pb.h"
#include "observe/fleet_query.h"
#include "observe/html_writer.h"
#include "registry/session_registry.h"

namespace holter::observe {

struct FleetNumbers {
  v1::FleetSummary all;  // that the search finds
  int64_t chosen = 0;    // of these, those that the page lists
};

absl::StatusOr<FleetNumbers> CountFleet(const registry::SessionRegistry& registry, const FleetQuery& query);

// "3 down", or "all healthy".
std::string FleetTitle(const v1::FleetSummary& numbers);

void WriteFleetNumbers(HtmlWriter& html, const FleetQuery& query, const v1::FleetSummary& numbers);

}  // namespace holter::observe
