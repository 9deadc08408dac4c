#include "core/message_template.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "core/json_scan.h"

namespace holter::core {
namespace {

constexpr size_t kMaxDigits = 20;  // of a 64-bit integer with its sign
constexpr size_t kUuidChars = 36;
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr size_t kQuotedName = 32;  // of an unknown variable's name, in an error

std::optional<Variable> FindVariable(std::string_view name) {
  if (name == "seq") return Variable::kSeq;
  if (name == "unix_ms") return Variable::kUnixMs;
  if (name == "uuid") return Variable::kUuid;
  return std::nullopt;
}

template <typename Int>
std::string_view Decimal(Int number, std::array<char, kMaxDigits + 4>& buffer) {
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), static_cast<size_t>(end - buffer.data())};
}

// 8-4-4-4-12, lower case.
std::array<char, kUuidChars> UuidText(const std::array<uint8_t, 16>& uuid) {
  std::array<char, kUuidChars> text{};
  size_t at = 0;
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    text[at++] = kHexDigits[uuid[i] >> 4];
    text[at++] = kHexDigits[uuid[i] & 0xF];
  }
  return text;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

// Collects literals and variables in the order of the text.
class TemplateBuilder {
 public:
  void Literal(std::string_view text) {
    if (parts_.empty() || parts_.back().variable >= 0) parts_.emplace_back();
    parts_.back().literal.append(text);
  }

  void Take(Variable variable) {
    if (parts_.empty() || parts_.back().variable >= 0) parts_.emplace_back();
    parts_.back().variable = static_cast<int>(variable);
    used_ = static_cast<uint8_t>(used_ | (1u << static_cast<int>(variable)));
  }

  // Text in which "${name}" is a variable and "$${" is "${"; literals go through `escape`.
  template <typename Escape>
  absl::Status Text(std::string_view text, const Escape& escape) {
    size_t begin = 0;
    for (;;) {
      const size_t dollar = text.find("${", begin);
      if (dollar == std::string_view::npos) break;
      if (dollar > begin && text[dollar - 1] == '$') {
        Literal(escape(text.substr(begin, dollar - 1 - begin)));
        Literal("${");
        begin = dollar + 2;
        continue;
      }
      Literal(escape(text.substr(begin, dollar - begin)));
      const size_t end = text.find('}', dollar);
      if (end == std::string_view::npos) {
        return absl::InvalidArgumentError("expected \"}\" after \"${\"; \"$${\" stands for a plain \"${\"");
      }
      const std::string_view name = text.substr(dollar + 2, end - dollar - 2);
      const std::optional<Variable> variable = FindVariable(name);
      if (!variable) {
        return absl::InvalidArgumentError(
            fmt::format("unknown variable \"{}\"; expected seq, unix_ms or uuid", name.substr(0, kQuotedName)));
      }
      Take(*variable);
      begin = end + 1;
    }
    Literal(escape(text.substr(begin)));
    return absl::OkStatus();
  }

  MessageTemplate Finish(FrameKind kind) {
    MessageTemplate result;
    if (!parts_.empty() && parts_.back().variable < 0 && parts_.back().literal.empty()) parts_.pop_back();
    result.kind_ = kind;
    result.used_ = used_;
    result.parts_ = std::move(parts_);
    return result;
  }

 private:
  std::vector<MessageTemplate::Part> parts_;
  uint8_t used_ = 0;
};

namespace {

// Writes JSON compactly as it is read, strings by the rules of FromJson.
class JsonTemplateSink final : public JsonSink {
 public:
  void OnObjectBegin() override { Open('{'); }
  void OnObjectEnd() override { Close('}'); }
  void OnArrayBegin() override { Open('['); }
  void OnArrayEnd() override { Close(']'); }

  void OnKey(std::string_view key) override {
    Separate();
    Quoted(key);
    builder_.Literal(":");
    fresh_ = true;
  }

  void OnString(std::string_view text) override {
    Separate();
    if (text.starts_with("${") && text.ends_with('}')) {
      const std::optional<Variable> variable = FindVariable(text.substr(2, text.size() - 3));
      if (variable && *variable != Variable::kUuid) {
        builder_.Take(*variable);
        return;
      }
    }
    Quoted(text);
  }

  void OnNumber(std::string_view token) override { Raw(token); }
  void OnWord(std::string_view word) override { Raw(word); }

  const absl::Status& status() const { return status_; }
  TemplateBuilder& builder() { return builder_; }

 private:
  // A comma, unless a value has just been opened or its key written.
  void Separate() {
    if (!fresh_) builder_.Literal(",");
    fresh_ = false;
  }

  void Raw(std::string_view token) {
    Separate();
    builder_.Literal(token);
  }

  void Open(char bracket) {
    Separate();
    builder_.Literal(std::string_view(&bracket, 1));
    fresh_ = true;
  }

  void Close(char bracket) {
    builder_.Literal(std::string_view(&bracket, 1));
    fresh_ = false;
  }

  void Quoted(std::string_view text) {
    builder_.Literal("\"");
    status_.Update(builder_.Text(text, [](std::string_view literal) {
      const std::string quoted = boost::json::serialize(boost::json::string_view(literal.data(), literal.size()));
      return quoted.substr(1, quoted.size() - 2);
    }));
    builder_.Literal("\"");
  }

  TemplateBuilder builder_;
  absl::Status status_;
  bool fresh_ = true;
};

}  // namespace

void BeatVariables::Append(Variable variable, std::string& out) const {
  std::array<char, kMaxDigits + 4> digits;
  switch (variable) {
    case Variable::kSeq:
      out.append(Decimal(seq, digits));
      return;
    case Variable::kUnixMs:
      out.append(Decimal(unix_ms, digits));
      return;
    case Variable::kUuid: {
      const auto text = UuidText(uuid);
      out.append(text.data(), text.size());
      return;
    }
  }
}

bool BeatVariables::Equals(Variable variable, std::string_view text) const {
  std::string own;
  Append(variable, own);
  return own == text;
}

BeatVariables DrawVariables(uint64_t seq, WallTime now, bool needs_uuid, Random& random) {
  BeatVariables variables;
  variables.seq = seq;
  variables.unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  if (!needs_uuid) return variables;
  for (size_t half = 0; half < 2; ++half) {
    uint64_t bits = random();
    for (size_t i = 0; i < 8; ++i, bits >>= 8) variables.uuid[half * 8 + i] = static_cast<uint8_t>(bits);
  }
  variables.uuid[6] = static_cast<uint8_t>((variables.uuid[6] & 0x0F) | 0x40);  // version 4, RFC 9562 section 5.4
  variables.uuid[8] = static_cast<uint8_t>((variables.uuid[8] & 0x3F) | 0x80);  // variant
  return variables;
}

absl::StatusOr<MessageTemplate> MessageTemplate::FromText(std::string_view text) {
  TemplateBuilder builder;
  if (absl::Status status = builder.Text(text, [](std::string_view literal) { return literal; }); !status.ok()) {
    return status;
  }
  return builder.Finish(FrameKind::kText);
}

absl::StatusOr<MessageTemplate> MessageTemplate::FromJson(std::string_view json) {
  JsonTemplateSink sink;
  if (absl::Status status = ScanJson(json, sink); !status.ok()) return status;
  if (!sink.status().ok()) return sink.status();
  return sink.builder().Finish(FrameKind::kText);
}

absl::StatusOr<MessageTemplate> MessageTemplate::FromHex(std::string_view hex) {
  absl::StatusOr<std::string> bytes = DecodeHex(hex);
  if (!bytes.ok()) return bytes.status();
  TemplateBuilder builder;
  builder.Literal(*bytes);
  return builder.Finish(FrameKind::kBinary);
}

size_t MessageTemplate::MaxSize() const {
  size_t size = 0;
  for (const Part& part : parts_) {
    size += part.literal.size();
    if (part.variable >= 0) size += part.variable == static_cast<int>(Variable::kUuid) ? kUuidChars : kMaxDigits;
  }
  return size;
}

void MessageTemplate::Expand(const BeatVariables& variables, std::string& out) const {
  for (const Part& part : parts_) {
    out.append(part.literal);
    if (part.variable >= 0) variables.Append(static_cast<Variable>(part.variable), out);
  }
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
