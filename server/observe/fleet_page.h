// The page of all sessions: how many are how, and a table of some of them.
#pragma once

#include <string>

#include "base/clock.h"
#include "observe/fleet_query.h"
#include "observe/http_server.h"
#include "registry/session_registry.h"

namespace holter::observe {

// Looks at every session once for the numbers and once for the order; not from a loop. 400: the registry does not
// understand the search.
HttpResponse MakeFleetPage(const registry::SessionRegistry& registry, const FleetQuery& query,
                           const std::string& notice, WallTime now);

}  // namespace holter::observe
