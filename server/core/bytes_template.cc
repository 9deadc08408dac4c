// Templates of binary frames: the language of MessageTemplate.bytes in heartbeat.proto.
//
//   sequence := ( HEX HEX | '"' text '"' | reference | number | length | " " )*
//   number   := ("u8" | "u16" | "u32" | "u64" | "u16le" | "u32le" | "u64le" | "varint") "(" ( NUMBER | reference ) ")"
//   length   := ("len8" | "len16" | "len32" | "lenv") [ "+" NUMBER ] "[" sequence "]"
//
// A quote is written as 22. Numbers are decimal, or hexadecimal with 0x.
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "core/template_program.h"

namespace holter::core {
namespace {

struct NumberWord {
  std::string_view word;
  NumberFormat format;
};

constexpr NumberWord kNumberWords[] = {{"u8", {.bytes = 1}},
                                       {"u16", {.bytes = 2}},
                                       {"u32", {.bytes = 4}},
                                       {"u64", {.bytes = 8}},
                                       {"u16le", {.bytes = 2, .little_endian = true}},
                                       {"u32le", {.bytes = 4, .little_endian = true}},
                                       {"u64le", {.bytes = 8, .little_endian = true}},
                                       {"varint", {.bytes = 0}}};
constexpr NumberWord kLengthWords[] = {
    {"len8", {.bytes = 1}}, {"len16", {.bytes = 2}}, {"len32", {.bytes = 4}}, {"lenv", {.bytes = 0}}};
constexpr uint64_t kMostExtra = 255;

template <size_t N>
const NumberFormat* FindFormat(const NumberWord (&words)[N], std::string_view word) {
  for (const NumberWord& known : words) {
    if (known.word == word) return &known.format;
  }
  return nullptr;
}

class BytesTemplateParser {
 public:
  BytesTemplateParser(std::string_view text, TemplateBuilder& builder) : text_(text), builder_(builder) {}

  absl::Status Parse() {
    while (!done()) {
      if (absl::Status status = Item(); !status.ok()) return status;
    }
    if (!open_.empty()) return Expected("\"]\"");
    return absl::OkStatus();
  }

 private:
  struct Length {
    NumberFormat format;
    uint64_t extra = 0;
  };

  bool done() const { return at_ == text_.size(); }

  absl::Status Expected(std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("expected {}, at character {}", what, at_));
  }

  bool Skip(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  absl::Status Item() {
    if (Skip(' ')) return absl::OkStatus();
    if (text_[at_] == '"') return Quoted();
    if (text_[at_] == '$') {
      absl::StatusOr<TemplateSource> source = Reference();
      if (!source.ok()) return source.status();
      builder_.Take(*std::move(source), TemplatePart::Kind::kValue);
      return absl::OkStatus();
    }
    if (text_[at_] == ']' && !open_.empty()) {
      ++at_;
      builder_.EndLength(open_.back().format, open_.back().extra);
      open_.pop_back();
      return absl::OkStatus();
    }
    // No word begins with a hexadecimal digit.
    if (absl::ascii_isalpha(static_cast<unsigned char>(text_[at_])) &&
        !absl::ascii_isxdigit(static_cast<unsigned char>(text_[at_]))) {
      return Word();
    }
    return HexPair();
  }

  absl::Status HexPair() {
    uint8_t value = 0;
    const char* const begin = text_.data() + at_;
    if (text_.size() - at_ < 2 || std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2) {
      return Expected("pairs of hexadecimal digits such as \"10 0a FF\"");
    }
    at_ += 2;
    const auto byte = static_cast<char>(value);
    builder_.Literal(std::string_view(&byte, 1));
    return absl::OkStatus();
  }

  absl::Status Quoted() {
    const size_t end = text_.find('"', at_ + 1);
    if (end == std::string_view::npos) return Expected("a text that ends with a quote");
    absl::Status status = builder_.Text(text_.substr(at_ + 1, end - at_ - 1), TemplatePart::Kind::kValue,
                                        [](std::string_view text, std::string& out) { out.append(text); });
    at_ = end + 1;
    return status;
  }

  absl::StatusOr<TemplateSource> Reference() {
    const std::string_view rest = text_.substr(at_);
    const std::optional<size_t> size = rest.starts_with("${") ? ReferenceSize(rest) : std::nullopt;
    if (!size) return Expected("${name}");
    absl::StatusOr<TemplateSource> source = builder_.Reference(rest.substr(0, *size));
    if (source.ok() && source->optional) return Expected("${name} without a question mark");
    at_ += *size;
    return source;
  }

  absl::Status Word() {
    const size_t begin = at_;
    while (!done() && absl::ascii_isalnum(static_cast<unsigned char>(text_[at_]))) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (const NumberFormat* format = FindFormat(kNumberWords, word)) return Number(*format);
    if (const NumberFormat* format = FindFormat(kLengthWords, word)) return BeginLength(*format);
    at_ = begin;
    return Expected(
        "hexadecimal digits, \"text\", ${name}, u8() u16() u32() u64() u16le() u32le() u64le() varint(), "
        "len8[] len16[] len32[] or lenv[]");
  }

  bool TakeNumber(uint64_t& out) {
    const int base = text_.substr(at_).starts_with("0x") ? 16 : 10;
    const char* const begin = text_.data() + at_ + (base == 16 ? 2 : 0);
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), out, base);
    if (error != std::errc() || end == begin) return false;
    at_ = static_cast<size_t>(end - text_.data());
    return true;
  }

  absl::Status Number(const NumberFormat& format) {
    if (!Skip('(')) return Expected("\"(\"");
    if (!done() && text_[at_] == '$') {
      absl::StatusOr<TemplateSource> source = Reference();
      if (!source.ok()) return source.status();
      builder_.Number(*std::move(source), format);
    } else {
      uint64_t number = 0;
      const size_t begin = at_;
      if (!TakeNumber(number) || number > format.Most()) {
        at_ = begin;
        return Expected(fmt::format("a number from 0 to {} or ${{name}}", format.Most()));
      }
      std::string bytes;
      format.Insert(number, 0, bytes);
      builder_.Literal(bytes);
    }
    return Skip(')') ? absl::OkStatus() : Expected("\")\"");
  }

  absl::Status BeginLength(const NumberFormat& format) {
    if (open_.size() == kDeepestLength) {
      return Expected(fmt::format("lengths at most {} deep in one another", kDeepestLength));
    }
    Length length{.format = format};
    if (Skip('+') && (!TakeNumber(length.extra) || length.extra > kMostExtra)) {
      return Expected(fmt::format("a number from 0 to {}", kMostExtra));
    }
    if (!Skip('[')) return Expected("\"[\"");
    open_.push_back(length);
    builder_.BeginLength();
    return absl::OkStatus();
  }

  const std::string_view text_;
  TemplateBuilder& builder_;
  size_t at_ = 0;
  std::vector<Length> open_;
};

}  // namespace

absl::StatusOr<MessageTemplate> MessageTemplate::FromBytes(std::string_view bytes, const TemplateContext& context) {
  TemplateBuilder builder(context);
  BytesTemplateParser parser(bytes, builder);
  if (absl::Status status = parser.Parse(); !status.ok()) return status;
  return builder.Finish(FrameKind::kBinary);
}

}  // namespace holter::core
