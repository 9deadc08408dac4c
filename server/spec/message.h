// What beats send and what answers them: templates, matchers, correlations.
#pragma once

#include <optional>

#include "core/matcher.h"
#include "core/message_template.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// Each refuses what is wrong and then gives nothing. Answers never repeat what is sent: it may hold a token.
std::optional<core::MessageTemplate> CompileTemplate(const v1::MessageTemplate& message, const FieldPath& at);
std::optional<core::Matcher> CompileMatcher(const v1::Matcher& matcher, const FieldPath& at);

// `beat` is the one that the correlation belongs to; `send` and `expect` are what became of its fields, if they are
// good.
std::optional<core::Correlation> CompileCorrelation(const v1::Beat& beat,
                                                    const std::optional<core::MessageTemplate>& send,
                                                    const std::optional<core::Matcher>& expect, const FieldPath& at);

}  // namespace holter::spec
