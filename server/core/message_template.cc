#include "core/message_template.h"

#include <utility>

#include "absl/status/status.h"
#include "core/regular_expression.h"
#include "core/template_program.h"

namespace holter::core {

MessageTemplate::MessageTemplate(FrameKind kind, TemplateProgram program)
    : kind_(kind), program_(std::make_shared<const TemplateProgram>(std::move(program))) {}

absl::StatusOr<MessageTemplate> MessageTemplate::FromText(std::string_view text, const TemplateContext& context) {
  TemplateProgram program;
  absl::Status status = program.Text(text, TemplatePart::Kind::kText, context,
                                     [](std::string_view literal, std::string& out) { out += literal; });
  if (!status.ok()) return status;
  return MessageTemplate(FrameKind::kText, std::move(program));
}

absl::StatusOr<MessageTemplate> MessageTemplate::Echo(std::string_view regex, std::string_view with) {
  TemplateProgram program;
  program.is_echo = true;
  program.pattern = std::string(regex);
  program.with = std::string(with);
  if (!regex.empty()) {
    auto compiled = CompileRegex(regex);
    if (!compiled.ok()) return compiled.status();
    std::string error;
    if (!(*compiled)->CheckRewriteString(ToPiece(with), &error)) {
      return absl::InvalidArgumentError("expected a replacement with groups of the expression: " + error);
    }
    program.regex = *std::move(compiled);
  }
  MessageTemplate echo(FrameKind::kText, std::move(program));
  echo.kind_of_question_ = true;
  return echo;
}

MessageTemplate MessageTemplate::As(FrameKind kind) const {
  MessageTemplate other = *this;
  other.kind_ = kind;
  other.kind_of_question_ = false;
  return other;
}

FrameKind MessageTemplate::KindFor(const TemplateInput& input) const {
  if (!kind_of_question_ || input.question == nullptr) return kind_;
  return input.question->kind() == InboundKind::kBinary ? FrameKind::kBinary : FrameKind::kText;
}

bool MessageTemplate::Uses(Variable variable) const {
  return program_ && (program_->variables & (1u << static_cast<int>(variable))) != 0;
}

uint64_t MessageTemplate::slots() const { return program_ ? program_->slots : 0; }

size_t MessageTemplate::MaxSize() const {
  if (!program_) return 0;
  if (program_->is_echo) return SIZE_MAX;
  constexpr size_t kLongestForm = 10;
  size_t size = 0;
  for (const TemplatePart& part : program_->parts) {
    const bool is_number = part.kind == TemplatePart::Kind::kNumber || part.kind == TemplatePart::Kind::kLengthOpen;
    const size_t reference = part.reference ? part.reference->MaxTextSize() : 0;
    if (!is_number && reference == SIZE_MAX) return SIZE_MAX;
    size += part.text.size() + (is_number ? kLongestForm : reference);
  }
  return size;
}

void MessageTemplate::Expand(const TemplateInput& input, std::string& out) const {
  if (program_) program_->Expand(input, out);
}

bool operator==(const MessageTemplate& a, const MessageTemplate& b) {
  if (a.kind_ != b.kind_ || a.kind_of_question_ != b.kind_of_question_) return false;
  if (a.program_ == b.program_) return true;
  static const TemplateProgram* const kEmpty = new TemplateProgram();
  const TemplateProgram& x = a.program_ ? *a.program_ : *kEmpty;
  const TemplateProgram& y = b.program_ ? *b.program_ : *kEmpty;
  return x.is_echo == y.is_echo && x.pattern == y.pattern && x.with == y.with && x.parts == y.parts;
}

}  // namespace holter::core
