// The history of sessions: transitions as the event store keeps them, and as callers get them.
#pragma once

#include "absl/status/statusor.h"
#include "core/session_action.h"
#include "holter/v1/session_service.pb.h"
#include "registry/change_entry.h"
#include "registry/session_record.h"
#include "store/event_store.h"

namespace holter::registry {

// What is told of a transition, but whose it is and when.
void TransitionToProto(const core::Transition& transition, v1::SessionEvent* out);

// `now`: any moment, to tell the calendar's time of the transition.
store::StoredEvent EventOf(const SessionRecord& record, const core::Transition& transition, const Moment& now);

// `events` null: there are none. Reads the disk.
absl::StatusOr<v1::ListSessionEventsResponse> ListSessionEvents(const v1::ListSessionEventsRequest& request,
                                                                store::EventStore* events);

}  // namespace holter::registry
