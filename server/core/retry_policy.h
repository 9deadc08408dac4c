// What an ending means for the next attempt: the rules of the spec, then a table.
//
// Table for close codes: 1012 and 1013 (restart, try again later), 1002, 1003, 1007, 1008, 1009, 1010, 1015 are slow:
// the next attempt would end alike, or the peer asked for patience. All others, 1006 included, back off. Table for HTTP
// statuses: 408, 425, 429, 3xx and 5xx back off; other 4xx are slow (a monitor that gives up on a 404 during a
// deployment is blind after it); 410 is never.
// By reason: TLS trust, name and expiry, egress_denied, secret are slow; all others back off.
#pragma once

#include <cstdint>

#include "core/reason.h"
#include "core/session_spec.h"

namespace holter::core {

// `code` 0: there was no close frame, which counts as 1006.
RetryClass ClassOfClose(const ClosePolicySpec& policy, uint16_t code);
RetryClass ClassOfHttpStatus(const ClosePolicySpec& policy, int status);
RetryClass ClassOfReason(Reason reason);

}  // namespace holter::core
