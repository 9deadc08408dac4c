// Values that prove that we know a key.
#pragma once

#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// `out.dialect.scope` is there already, with the names of the signatures.
void CompileSignatures(const v1::SessionSpec& spec, const FieldPath& at, core::SharedSpec& out);

}  // namespace holter::spec
