// What is sent.
#pragma once

#include <optional>

#include "core/message_template.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// Refuses what is wrong and then gives nothing. Answers never repeat what is sent: it may hold a token.
std::optional<core::MessageTemplate> CompileTemplate(const v1::MessageTemplate& message, const FieldPath& at);

}  // namespace holter::spec
