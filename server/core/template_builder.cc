#include <fmt/format.h>

#include <utility>

#include "absl/status/status.h"
#include "base/utf8.h"
#include "core/template_program.h"

namespace holter::core {
namespace {

using PartKind = TemplatePart::Kind;

constexpr size_t kQuotes = 2;

// Upper bounds; SIZE_MAX stays.
size_t Plus(size_t a, size_t b) { return a > SIZE_MAX - b ? SIZE_MAX : a + b; }

size_t MaxSizeOf(const TemplatePart& part) {
  switch (part.kind) {
    case PartKind::kLiteral:
      return part.literal.size();
    case PartKind::kToken:
      return Plus(part.source.MaxTextSize(), kQuotes);
    case PartKind::kValue:
    case PartKind::kEscaped:
      return part.source.MaxTextSize();
    case PartKind::kNumber:
    case PartKind::kLengthEnd:
      return part.format.MaxSize();
    case PartKind::kComma:
      return 1;
    default:
      return 0;
  }
}

// JSON strings are made valid as they are written.
bool MayBreakUtf8(const TemplatePart& part) {
  switch (part.kind) {
    case PartKind::kLiteral:
      return FindInvalidUtf8(part.literal) != std::string_view::npos;
    case PartKind::kValue:
      return part.source.from != TemplateSource::From::kVariable && !part.source.counts;
    case PartKind::kNumber:
    case PartKind::kLengthEnd:
      return true;
    default:
      return false;
  }
}

}  // namespace

TemplatePart& TemplateBuilder::Add(Kind kind) {
  may_append_ = kind == PartKind::kLiteral;
  TemplatePart& part = parts_.emplace_back();
  part.kind = kind;
  return part;
}

void TemplateBuilder::Literal(std::string_view text) {
  if (text.empty()) return;
  TemplatePart& part = may_append_ ? parts_.back() : Add(PartKind::kLiteral);
  part.literal.append(text);
}

void TemplateBuilder::Take(TemplateSource source, Kind kind) {
  // A later time is not what an answer could repeat for the beat to be found by.
  if (source.is_variable() && source.later == Duration::zero())
    used_ = static_cast<uint8_t>(used_ | (1u << static_cast<int>(source.variable)));
  if (source.from != TemplateSource::From::kVariable) ++values_;
  Add(kind).source = std::move(source);
}

void TemplateBuilder::Number(TemplateSource source, NumberFormat format) {
  Take(std::move(source), PartKind::kNumber);
  parts_.back().format = format;
}

void TemplateBuilder::BeginMember(TemplateSource source) {
  member_ = parts_.size();
  Add(PartKind::kMember).source = std::move(source);
}

void TemplateBuilder::EndMember() { parts_[member_].skip = parts_.size() - member_ - 1; }

void TemplateBuilder::Comma() { Add(PartKind::kComma); }

void TemplateBuilder::BeginLength() { Add(PartKind::kLengthBegin); }

void TemplateBuilder::EndLength(NumberFormat format, uint64_t extra) {
  TemplatePart& part = Add(PartKind::kLengthEnd);
  part.format = format;
  part.extra = extra;
}

absl::Status TemplateBuilder::Text(std::string_view text, Kind kind, Escape escape) {
  std::string literal;
  const auto put = [&](std::string_view plain) {
    literal.clear();
    escape(plain, literal);
    Literal(literal);
  };
  size_t begin = 0;
  for (;;) {
    const size_t dollar = text.find("${", begin);
    if (dollar == std::string_view::npos) break;
    if (dollar > begin && text[dollar - 1] == '$') {
      put(text.substr(begin, dollar - 1 - begin));
      Literal("${");
      begin = dollar + 2;
      continue;
    }
    put(text.substr(begin, dollar - begin));
    const std::optional<size_t> size = ReferenceSize(text.substr(dollar));
    absl::StatusOr<TemplateSource> source = Reference(text.substr(dollar, size.value_or(0)));
    if (!source.ok()) return source.status();
    if (source->optional) {
      return absl::InvalidArgumentError("\"${name?}\" has to be the whole value of a JSON member");
    }
    Take(*std::move(source), kind);
    begin = dollar + *size;
  }
  put(text.substr(begin));
  return absl::OkStatus();
}

absl::StatusOr<TemplateSource> TemplateBuilder::Reference(std::string_view reference) const {
  if (reference.empty()) {
    return absl::InvalidArgumentError("expected \"}\" after \"${\"; \"$${\" stands for a plain \"${\"");
  }
  return TemplateSource::Parse(reference.substr(2, reference.size() - 3), context_);
}

absl::StatusOr<MessageTemplate> TemplateBuilder::Finish(FrameKind kind) {
  if (values_ > MessageTemplate::kMostValues) {
    return absl::InvalidArgumentError(
        fmt::format("expected at most {} places for values, got {}", MessageTemplate::kMostValues, values_));
  }
  MessageTemplate result;
  result.kind_ = kind;
  result.used_ = used_;
  if (parts_.empty()) return result;
  auto program = std::make_shared<MessageTemplate::Program>();
  for (const TemplatePart& part : parts_) {
    program->max_size = Plus(program->max_size, MaxSizeOf(part));
    program->may_break_utf8 = program->may_break_utf8 || MayBreakUtf8(part);
    if (part.source.from == TemplateSource::From::kSlot) program->slots |= uint64_t{1} << part.source.slot;
  }
  program->parts = std::move(parts_);
  result.program_ = std::move(program);
  return result;
}

MessageTemplate TemplateBuilder::Echo(std::shared_ptr<MessageTemplate::Program> program) {
  MessageTemplate result;
  result.kind_of_question_ = true;
  result.program_ = std::move(program);
  return result;
}

}  // namespace holter::core
