// Lists of sessions, page by page.
#pragma once

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "holter/v1/session_service.pb.h"
#include "registry/session_table.h"

namespace holter::registry {

absl::StatusOr<v1::ListSessionsResponse> ListSessions(const v1::ListSessionsRequest& request, const SessionTable& table,
                                                      const Clock& clock);

}  // namespace holter::registry
