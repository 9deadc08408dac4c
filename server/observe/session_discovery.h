// /sd: the sessions as targets of Prometheus' HTTP service discovery.
#pragma once

#include "observe/http_server.h"
#include "registry/session_registry.h"

namespace holter::observe {

// One answer: a JSON array with an object a session. `__address__` is the session's name, to be relabelled into
// __param_target; what is known besides is in __meta_holter_… labels. `tenant` and `group` in the query choose. Walks
// the registry on the lane; copies what it tells, some hundred bytes a session.
HttpResponse AnswerDiscovery(const registry::SessionRegistry& registry, const HttpRequest& request);

}  // namespace holter::observe
