// Field masks of UpdateSession.
#pragma once

#include "absl/status/status.h"
#include "holter/v1/session_service.pb.h"

namespace holter::registry {

// Copies what the mask of `request` names from its session to `session`: labels, group, paused, spec or fields below
// it; maps and repeated fields as a whole. Without a mask: every field that is set. Output-only fields and the name are
// passed over. INVALID_ARGUMENT names update_mask.
absl::Status ApplyUpdate(const v1::UpdateSessionRequest& request, v1::Session& session);

}  // namespace holter::registry
