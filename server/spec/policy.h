// When and how to come back, and what endings mean.
#pragma once

#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

void CompileReconnect(const v1::ReconnectPolicy& policy, const FieldPath& at, core::ReconnectSpec& out);

void CompileClosePolicy(const v1::ClosePolicy& policy, const FieldPath& at, core::ClosePolicySpec& out);

}  // namespace holter::spec
