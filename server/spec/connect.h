// What a dial needs besides the URL: headers, subprotocols, TLS, deadlines, bounds.
#pragma once

#include <string_view>

#include "base/secret.h"
#include "core/session_spec.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// Refuses every ${name} of a text that is expanded at dial which is no parameter and nothing that is drawn then.
void CheckNames(std::string_view text, const v1::SessionSpec& spec, const FieldPath& at);

// `at` is the spec. `secrets`: references have to be readable now; null skips that check.
void CompileConnect(const v1::SessionSpec& spec, const FieldPath& at, const SecretSource* secrets,
                    core::ConnectSpec& out);

}  // namespace holter::spec
