// Templates of binary messages: the language of MessageTemplate.bytes in heartbeat.proto.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/message_template.h"
#include "core/template_program.h"

namespace holter::core {
namespace {

using Kind = TemplatePart::Kind;

constexpr std::array<std::pair<std::string_view, NumberForm>, 8> kNumbers = {{{"u16le(", {2, true}},
                                                                              {"u32le(", {4, true}},
                                                                              {"u64le(", {8, true}},
                                                                              {"u8(", {1, false}},
                                                                              {"u16(", {2, false}},
                                                                              {"u32(", {4, false}},
                                                                              {"u64(", {8, false}},
                                                                              {"varint(", {0, false}}}};
constexpr std::array<std::pair<std::string_view, NumberForm>, 4> kLengths = {
    {{"len8", {1, false}}, {"len16", {2, false}}, {"len32", {4, false}}, {"lenv", {0, false}}}};

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void Plain(std::string_view text, std::string& out) { out += text; }

// Reads from left to right and fills a program.
class BytesParser {
 public:
  BytesParser(std::string_view text, const TemplateContext& context) : text_(text), context_(context) {}

  absl::StatusOr<TemplateProgram> Parse() {
    while (at_ < text_.size()) {
      if (absl::Status status = Step(); !status.ok()) return status;
    }
    if (depth_ > 0) return Expected("\"]\" at the end of a length");
    return std::move(program_);
  }

 private:
  absl::Status Expected(std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("expected {}, at character {}", what, at_));
  }

  bool Take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // What stands until `end`, which is taken too.
  std::optional<std::string_view> Until(char end) {
    const size_t found = text_.find(end, at_);
    if (found == std::string_view::npos) return std::nullopt;
    const std::string_view inside = text_.substr(at_, found - at_);
    at_ = found + 1;
    return inside;
  }

  absl::Status Step() {
    if (Take(" ")) return absl::OkStatus();
    if (Take("\"")) return QuotedText();
    if (text_.substr(at_).starts_with("${")) return Variable();
    if (Take("]")) return CloseLength();
    for (const auto& [name, form] : kNumbers) {
      if (Take(name)) return Number(form);
    }
    for (const auto& [name, form] : kLengths) {
      if (Take(name)) return OpenLength(form);
    }
    const int high = HexValue(text_[at_]);
    const int low = at_ + 1 < text_.size() ? HexValue(text_[at_ + 1]) : -1;
    if (high < 0 || low < 0) {
      return Expected("pairs of hexadecimal digits such as \"10 0a FF\", \"text\", ${name}, u16(…) or len16[…]");
    }
    const char byte = static_cast<char>(high * 16 + low);
    program_.Literal(std::string_view(&byte, 1));
    at_ += 2;
    return absl::OkStatus();
  }

  absl::Status QuotedText() {
    const std::optional<std::string_view> inside = Until('"');
    if (!inside) return Expected("a closing quote");
    return program_.Text(*inside, Kind::kText, context_, Plain);
  }

  absl::Status Variable() {
    const std::optional<std::string_view> whole = Until('}');
    if (!whole) return Expected("\"}\" after \"${\"");
    auto reference = TemplateReference::Parse(whole->substr(2), context_);
    if (!reference.ok()) return reference.status();
    program_.Reference(Kind::kText, *std::move(reference));
    return absl::OkStatus();
  }

  absl::Status Number(const NumberForm& form) {
    const std::optional<std::string_view> inside = Until(')');
    if (!inside) return Expected("\")\"");
    TemplatePart part;
    part.kind = Kind::kNumber;
    part.form = form;
    if (inside->starts_with("${") && inside->ends_with('}')) {
      auto reference = TemplateReference::Parse(inside->substr(2, inside->size() - 3), context_);
      if (!reference.ok()) return reference.status();
      part.reference = *std::move(reference);
    } else {
      const auto [end, error] = std::from_chars(inside->data(), inside->data() + inside->size(), part.number);
      if (error != std::errc() || end != inside->data() + inside->size()) {
        return Expected("a whole number or ${name} between the brackets");
      }
    }
    program_.Add(std::move(part));
    return absl::OkStatus();
  }

  absl::Status OpenLength(const NumberForm& form) {
    TemplatePart part;
    part.kind = Kind::kLengthOpen;
    part.form = form;
    if (Take("+")) {
      const char* const begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), part.number);
      if (error != std::errc()) return Expected("a whole number after \"+\"");
      at_ += static_cast<size_t>(end - begin);
    }
    if (!Take("[")) return Expected("\"[\" after the kind of length");
    if (++depth_ > TemplateProgram::kDeepestLength) {
      return Expected(fmt::format("lengths at most {} deep", TemplateProgram::kDeepestLength));
    }
    program_.Add(std::move(part));
    return absl::OkStatus();
  }

  absl::Status CloseLength() {
    if (depth_ == 0) return Expected("no \"]\" without a length");
    --depth_;
    TemplatePart part;
    part.kind = Kind::kLengthClose;
    program_.Add(std::move(part));
    return absl::OkStatus();
  }

  std::string_view text_;
  const TemplateContext& context_;
  size_t at_ = 0;
  size_t depth_ = 0;
  TemplateProgram program_;
};

}  // namespace

absl::StatusOr<MessageTemplate> MessageTemplate::FromBytes(std::string_view bytes, const TemplateContext& context) {
  absl::StatusOr<TemplateProgram> program = BytesParser(bytes, context).Parse();
  if (!program.ok()) return program.status();
  return MessageTemplate(FrameKind::kBinary, *std::move(program));
}

absl::StatusOr<std::string> DecodeHex(std::string_view hex) {
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size();) {
    if (hex[i] == ' ') {
      ++i;
      continue;
    }
    const int high = HexValue(hex[i]);
    const int low = i + 1 < hex.size() ? HexValue(hex[i + 1]) : -1;
    if (high < 0 || low < 0) {
      return absl::InvalidArgumentError(
          fmt::format("expected pairs of hexadecimal digits such as \"10 0a FF\", at character {}", i));
    }
    bytes.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return bytes;
}

}  // namespace holter::core
