// What is said and heard besides heartbeats: open script, captures, answers, watchdogs, ends.
#pragma once

#include <vector>

#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// `out.dialect.scope` and `out.beats` are there already; the names of beats are known to answers.
void CompileDialect(const v1::SessionSpec& spec, const FieldPath& at, core::SharedSpec& out);

// All that are computed, of heartbeats and watchdogs.
std::vector<const core::DurationExpression*> DurationsOf(const core::SharedSpec& spec);

}  // namespace holter::spec
