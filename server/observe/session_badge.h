// Health and state of a session as one word with a colour.
#pragma once

#include "holter/v1/session.pb.h"
#include "observe/html_writer.h"

namespace holter::observe {

// The class of the style sheet: "down", "paused".
HtmlLiteral ClassOf(v1::Health health);

// "DOWN", or "PAUSED" for those that are to have no health.
void WriteBadge(HtmlWriter& html, const v1::SessionStatus& status);

}  // namespace holter::observe
