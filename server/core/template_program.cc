#include "core/template_program.h"

#include <array>

#include "absl/status/status.h"
#include "core/regular_expression.h"

namespace holter::core {
namespace {

// Lengths whose ends have not come yet.
class LengthStack {
 public:
  void Open(const TemplatePart& part, std::string& out) {
    open_[depth_++] = {&part, out.size()};
    out.append(part.form.size, '\0');
  }

  void Close(std::string& out) {
    const auto [part, begin] = open_[--depth_];
    static thread_local std::string length;  // keeps its capacity
    length.clear();
    AppendNumber(part->form, out.size() - begin - part->form.size + part->number, length);
    out.replace(begin, part->form.size, length);
  }

 private:
  std::array<std::pair<const TemplatePart*, size_t>, TemplateProgram::kDeepestLength> open_{};
  size_t depth_ = 0;
};

bool HasValue(const TemplateReference& reference, const TemplateInput& input) {
  static thread_local std::string text;  // keeps its capacity
  text.clear();
  return reference.AppendText(input, text);
}

}  // namespace

void AppendNumber(const NumberForm& form, uint64_t number, std::string& out) {
  if (form.size == 0) {
    for (; number > 0x7F; number >>= 7) out += static_cast<char>(0x80 | (number & 0x7F));
    out += static_cast<char>(number);
    return;
  }
  for (size_t i = 0; i < form.size; ++i) {
    const size_t shift = 8 * (form.little_endian ? i : form.size - 1 - i);
    out += static_cast<char>(number >> shift & 0xFF);
  }
}

void TemplateProgram::Add(TemplatePart part) {
  if (part.reference) {
    if (const auto variable = part.reference->variable()) variables |= 1u << static_cast<int>(*variable);
    if (const auto slot = part.reference->slot()) slots |= uint64_t{1} << *slot;
  }
  parts.push_back(std::move(part));
}

void TemplateProgram::Literal(std::string_view text) {
  if (text.empty()) return;
  if (parts.empty() || parts.back().kind != TemplatePart::Kind::kLiteral) parts.emplace_back();
  parts.back().text.append(text);
}

void TemplateProgram::Reference(TemplatePart::Kind kind, TemplateReference reference) {
  TemplatePart part;
  part.kind = kind;
  part.reference = std::move(reference);
  Add(std::move(part));
}

absl::Status TemplateProgram::Text(std::string_view text, TemplatePart::Kind kind, const TemplateContext& context,
                                   absl::FunctionRef<void(std::string_view, std::string&)> escape) {
  std::string literal;
  size_t begin = 0;
  for (;;) {
    const size_t dollar = text.find("${", begin);
    if (dollar == std::string_view::npos) break;
    literal.clear();
    if (dollar > begin && text[dollar - 1] == '$') {
      escape(text.substr(begin, dollar - 1 - begin), literal);
      Literal(literal + "${");
      begin = dollar + 2;
      continue;
    }
    escape(text.substr(begin, dollar - begin), literal);
    Literal(literal);
    const size_t end = text.find('}', dollar);
    if (end == std::string_view::npos) {
      return absl::InvalidArgumentError("expected \"}\" after \"${\"; \"$${\" stands for a plain \"${\"");
    }
    auto reference = TemplateReference::Parse(text.substr(dollar + 2, end - dollar - 2), context);
    if (!reference.ok()) return reference.status();
    Reference(kind, *std::move(reference));
    begin = end + 1;
  }
  literal.clear();
  escape(text.substr(begin), literal);
  Literal(literal);
  return absl::OkStatus();
}

void TemplateProgram::Expand(const TemplateInput& input, std::string& out) const {
  using Kind = TemplatePart::Kind;
  if (is_echo) {
    std::string copy(input.question->bytes());
    if (regex != nullptr) re2::RE2::Replace(&copy, *regex, ToPiece(with));
    out += copy;
    return;
  }
  LengthStack lengths;
  for (size_t i = 0; i < parts.size(); ++i) {
    const TemplatePart& part = parts[i];
    switch (part.kind) {
      case Kind::kLiteral:
        out += part.text;
        break;
      case Kind::kText:
        part.reference->AppendText(input, out);
        break;
      case Kind::kEscaped:
        part.reference->AppendEscaped(input, out);
        break;
      case Kind::kToken:
        part.reference->AppendToken(input, out);
        break;
      case Kind::kComma:
        if (!out.ends_with('{') && !out.ends_with('[')) out += ',';
        break;
      case Kind::kMember:
        if (!HasValue(*part.reference, input)) i += part.skip;
        break;
      case Kind::kNumber:
        AppendNumber(part.form, part.reference ? part.reference->Number(input) : part.number, out);
        break;
      case Kind::kLengthOpen:
        lengths.Open(part, out);
        break;
      case Kind::kLengthClose:
        lengths.Close(out);
        break;
    }
  }
}

}  // namespace holter::core
