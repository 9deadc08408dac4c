// How frames become messages: DecodeStep of heartbeat.proto.
#pragma once

#include <google/protobuf/repeated_field.h>

#include "core/decoder.h"
#include "holter/v1/heartbeat.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// Refuses what is wrong, each at its own field, and then gives a chain without steps.
core::DecoderSpec CompileDecode(const google::protobuf::RepeatedPtrField<v1::DecodeStep>& steps, const FieldPath& at);

}  // namespace holter::spec
