// Messages to send.
#pragma once

#include <optional>

#include "core/message_template.h"
#include "holter/v1/heartbeat.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// Refuses what is wrong and then gives nothing. What is refused never repeats what is sent: it may hold a token.
std::optional<core::MessageTemplate> CompileTemplate(const v1::MessageTemplate& message,
                                                     const core::TemplateContext& context, const FieldPath& at);

}  // namespace holter::spec
