// What happened to a session, the newest first.
#pragma once

#include <string>

#include "base/clock.h"
#include "observe/html_writer.h"
#include "registry/session_registry.h"

namespace holter::observe {

// A page of its history; `token` is that of the registry, empty: the newest. Reads the disk.
void WriteEvents(HtmlWriter& html, const registry::SessionRegistry& registry, const std::string& name,
                 const std::string& token, WallTime now);

}  // namespace holter::observe
