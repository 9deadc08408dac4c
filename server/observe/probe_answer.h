// /probe?target=SESSION: one session in the words of the blackbox exporter.
#pragma once

#include "observe/http_server.h"
#include "registry/session_registry.h"

namespace holter::observe {

// Nothing is dialled: this is what the session that is held knows. `target` is tenants/{tenant}/sessions/{session}, or
// {tenant}/{session}, or {session} of the tenant `default`. 400: it is none of these; 404: there is no such session.
// Looks one name up and copies one status, so it runs on the thread of the sockets.
HttpResponse AnswerProbe(const registry::SessionRegistry& registry, const HttpRequest& request);

}  // namespace holter::observe
