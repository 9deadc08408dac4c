// A session as callers get it.
#pragma once

#include "base/clock.h"
#include "holter/v1/session.pb.h"
#include "registry/session_record.h"

namespace holter::registry {

// Declaration and what is true of it now.
v1::Session ToProto(const LiveSession& session, const Clock& clock);

// The same with what a session with a preset runs. Not for lists and watches, which would be many times as large.
v1::Session ToWholeProto(const LiveSession& session, const Clock& clock);

}  // namespace holter::registry
