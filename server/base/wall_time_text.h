// Calendar time for people and logs.
#pragma once

#include <string>

#include "base/clock.h"

namespace holter {

// RFC 3339 in UTC with milliseconds: "2026-11-23T05:35:00.000Z".
std::string FormatWallTime(WallTime time);

// The same at the end of `out`.
void AppendWallTime(WallTime time, std::string& out);

}  // namespace holter
