// When a changed spec needs a new connection, and when the old one will do.
#pragma once

#include "core/session_spec.h"

namespace holter::engine {

// True when a connection made for one spec serves the other: equal URL, headers, subprotocols, TLS and message limit.
// Timeouts do not matter, they hold from the next attempt on. Cheap when the shared part is the same object.
bool SameConnection(const core::SessionSpec& a, const core::SessionSpec& b);

}  // namespace holter::engine
