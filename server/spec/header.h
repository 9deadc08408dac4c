// What may stand in the upgrade request, and references to secrets.
#pragma once

#include <string_view>

#include "base/secret.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// A token of RFC 9110 section 5.6.2 of 1 to `most` bytes.
bool IsToken(std::string_view text, size_t most);

// Answers never repeat the value: callers paste tokens into it.
void CheckHeader(const v1::Header& header, const FieldPath& at, const SecretSource* secrets);

// `reference` is empty or "name/key" of a secret that can be read now.
void CheckSecretName(std::string_view reference, const FieldPath& at, const SecretSource* secrets);

}  // namespace holter::spec
