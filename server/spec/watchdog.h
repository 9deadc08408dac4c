// What has to be heard.
#pragma once

#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// `out.dialect.scope` and `out.beats` are there already.
void CompileWatchdogs(const v1::SessionSpec& spec, const FieldPath& at, core::SharedSpec& out);

}  // namespace holter::spec
