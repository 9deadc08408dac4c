// The heartbeats of both layers.
#pragma once

#include <vector>

#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

void CompileProtocolHeartbeat(const v1::ProtocolHeartbeat& heartbeat, const FieldPath& at,
                              core::ProtocolHeartbeatSpec& out);

void CompileBeats(const google::protobuf::RepeatedPtrField<v1::Beat>& beats, const FieldPath& at,
                  std::vector<core::BeatSpec>& out);

}  // namespace holter::spec
