#include "core/message_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "core/regular_expression.h"
#include "core/template_program.h"

namespace holter::core {
namespace {

void AsItIs(std::string_view text, std::string& out) { out.append(text); }

absl::Status CheckRewrite(const re2::RE2& regex, std::string_view with) {
  std::string error;
  if (!regex.CheckRewriteString(ToPiece(with), &error)) {
    return absl::InvalidArgumentError("expected a text with groups of the regular expression as \\1 to \\9: " + error);
  }
  if (std::count(with.begin(), with.end(), '\\') > MessageTemplate::kMostValues) {
    return absl::InvalidArgumentError(
        fmt::format("expected at most {} places for groups", MessageTemplate::kMostValues));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MessageTemplate> MessageTemplate::FromText(std::string_view text, const TemplateContext& context) {
  TemplateBuilder builder(context);
  if (absl::Status status = builder.Text(text, TemplatePart::Kind::kValue, AsItIs); !status.ok()) return status;
  return builder.Finish(FrameKind::kText);
}

absl::StatusOr<MessageTemplate> MessageTemplate::Echo(std::string_view regex, std::string_view with) {
  auto program = std::make_shared<Program>();
  program->echoes = true;
  program->max_size = SIZE_MAX;
  program->may_break_utf8 = true;
  program->pattern = regex;
  program->with = with;
  if (!regex.empty()) {
    auto compiled = CompileRegex(regex);
    if (!compiled.ok()) return compiled.status();
    program->regex = *std::move(compiled);
    if (absl::Status status = CheckRewrite(*program->regex, with); !status.ok()) return status;
  } else if (!with.empty()) {
    return absl::InvalidArgumentError("needs a regular expression, which says what is replaced");
  }
  return TemplateBuilder::Echo(std::move(program));
}

MessageTemplate MessageTemplate::As(FrameKind kind) const {
  MessageTemplate result = *this;
  result.kind_ = kind;
  result.kind_of_question_ = false;
  return result;
}

FrameKind MessageTemplate::KindFor(const TemplateInput& input) const {
  if (!kind_of_question_ || input.question == nullptr) return kind_;
  return input.question->kind() == InboundKind::kBinary ? FrameKind::kBinary : FrameKind::kText;
}

uint64_t MessageTemplate::slots() const { return program_ == nullptr ? 0 : program_->slots; }

bool MessageTemplate::MayBreakUtf8() const { return program_ != nullptr && program_->may_break_utf8; }

size_t MessageTemplate::MaxSize() const { return program_ == nullptr ? 0 : program_->max_size; }

void MessageTemplate::Expand(const TemplateInput& input, std::string& out) const {
  if (program_ == nullptr) return;
  if (!program_->echoes) return program_->Expand(input, out);
  if (input.question != nullptr) program_->Echo(*input.question, out);
}

bool operator==(const MessageTemplate& a, const MessageTemplate& b) {
  if (a.kind_ != b.kind_ || a.kind_of_question_ != b.kind_of_question_) return false;
  if (a.program_ == b.program_) return true;
  if (a.program_ == nullptr || b.program_ == nullptr) return false;
  const MessageTemplate::Program& x = *a.program_;
  const MessageTemplate::Program& y = *b.program_;
  return x.parts == y.parts && x.echoes == y.echoes && x.pattern == y.pattern && x.with == y.with;
}

}  // namespace holter::core
