// The routes of the status page.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "observe/http_server.h"
#include "observe/metrics.h"
#include "registry/session_registry.h"

namespace holter::observe {

// Each pointer outlives the server.
struct StatusPageOptions {
  const registry::SessionRegistry* registry = nullptr;
  Metrics* metrics = nullptr;
  const Clock* clock = nullptr;
  std::function<std::string()> unready_reason;
};

// "/", "/tenants/{tenant}/sessions/{session}" and what they are shown with. Pages are made on their own lane.
std::vector<HttpRoute> StatusPageRoutes(const StatusPageOptions& options);

// In place of them where nobody may see them: "/" says how it would be shown.
std::vector<HttpRoute> NoStatusPageRoutes();

}  // namespace holter::observe
