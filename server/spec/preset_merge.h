// What a session with a preset runs: the preset's spec, completed by the session's own.
#pragma once

#include <optional>

#include "holter/v1/session.pb.h"
#include "spec/field_path.h"
#include "spec/preset_catalog.h"

namespace holter::spec {

// The effective spec, as the comments on SessionSpec.preset, .parameters and .without say; without preset and `without`
// themselves, and with all parameters that have a value. None, and violations below `at`, when the preset is unknown or
// what is said about it is wrong. A spec without a preset is what it is.
std::optional<v1::SessionSpec> Effective(const v1::SessionSpec& declared, const FieldPath& at,
                                         const PresetCatalog& catalog = PresetCatalog::Embedded());

// The same with a preset in hand.
std::optional<v1::SessionSpec> Complete(const v1::SessionSpec& declared, const v1::Preset& preset, const FieldPath& at);

// Makes what is wrong with the effective spec be said of the declared one: beats and watchdogs have other places there,
// and what only the preset has is a matter of `preset`.
void PointAtDeclared(const FieldPath& at, const v1::SessionSpec& effective, const v1::SessionSpec& declared,
                     FieldViolation& violation);

}  // namespace holter::spec
