// The heartbeats of both layers.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

void CompileProtocolHeartbeat(const v1::ProtocolHeartbeat& heartbeat, const FieldPath& at, const core::Scope& scope,
                              core::ProtocolHeartbeatSpec& out);

// `out.dialect.scope` is there already; `out.dialect.idles` is set when a cadence needs it.
void CompileBeats(const google::protobuf::RepeatedPtrField<v1::Beat>& beats, const FieldPath& at,
                  core::SharedSpec& out);

// Of a beat or watchdog: well formed, and not in `taken`, to which it is added.
void CheckBeatName(const std::string& name, std::set<std::string_view>& taken, const FieldPath& at);

}  // namespace holter::spec
