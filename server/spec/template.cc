#include "spec/template.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "spec/enum_words.h"
#include "spec/json_value.h"

namespace holter::spec {
namespace {

constexpr size_t kLongestTemplate = 4096;
constexpr size_t kLongestPong = 125;  // RFC 6455 section 5.5
constexpr size_t kLongestEcho = 1024;

using Made = std::optional<core::MessageTemplate>;

Made Take(absl::StatusOr<core::MessageTemplate> made, const FieldPath& at) {
  if (!made.ok()) {
    at.Refuse(std::string(made.status().message()));
    return std::nullopt;
  }
  return *std::move(made);
}

Made CompileJson(const google::protobuf::Value& value, const core::TemplateContext& context, const FieldPath& at) {
  const absl::StatusOr<std::string> json = JsonText(value);
  if (!json.ok()) {
    at.Refuse(std::string(json.status().message()));
    return std::nullopt;
  }
  return CheckSize(at, json->size(), kLongestTemplate) ? Take(core::MessageTemplate::FromJson(*json, context), at)
                                                       : std::nullopt;
}

// The size is that of what is sent; where that depends on values, that of what is written, three characters a byte.
Made CompileBytes(const std::string& bytes, const core::TemplateContext& context, const FieldPath& at) {
  if (!CheckSize(at, bytes.size(), 3 * kLongestTemplate)) {
    return std::nullopt;
  }
  Made made = Take(core::MessageTemplate::FromBytes(bytes, context), at);
  const bool is_bounded = made && made->MaxSize() != SIZE_MAX;
  return !is_bounded || CheckSize(at, made->MaxSize(), kLongestTemplate) ? std::move(made) : std::nullopt;
}

Made CompilePong(const std::string& text, const core::TemplateContext& context, const FieldPath& at) {
  Made pong = Take(core::MessageTemplate::FromText(text, context), at);
  if (pong && pong->MaxSize() > kLongestPong) {
    at.Refuse(fmt::format("expected at most {} bytes after expansion, without values of unknown size", kLongestPong));
    return std::nullopt;
  }
  return pong ? Made(pong->As(core::FrameKind::kPong)) : std::nullopt;
}

Made CompileEcho(const v1::Echo& echo, const core::TemplateContext& context, const FieldPath& at) {
  if (!context.answers) {
    at.Refuse("only in answers: there is no message to send back here");
    return std::nullopt;
  }
  if (echo.regex().empty() && !echo.with().empty()) {
    at.Field("with").Refuse("needs regex");
    return std::nullopt;
  }
  if (!CheckSize(at.Field("regex"), echo.regex().size(), kLongestEcho) ||
      !CheckSize(at.Field("with"), echo.with().size(), kLongestEcho)) {
    return std::nullopt;
  }
  // First alone, so that each is refused where it stands.
  if (!Take(core::MessageTemplate::Echo(echo.regex(), ""), at.Field("regex"))) {
    return std::nullopt;
  }
  return Take(core::MessageTemplate::Echo(echo.regex(), echo.with()), at.Field("with"));
}

Made CompileKind(const v1::MessageTemplate& message, const core::TemplateContext& context, const FieldPath& at) {
  switch (message.kind_case()) {
    case v1::MessageTemplate::kText:
      return CheckSize(at.Field("text"), message.text().size(), kLongestTemplate)
                 ? Take(core::MessageTemplate::FromText(message.text(), context), at.Field("text"))
                 : std::nullopt;
    case v1::MessageTemplate::kJson:
      return CompileJson(message.json(), context, at.Field("json"));
    case v1::MessageTemplate::kBytes:
      return CompileBytes(message.bytes(), context, at.Field("bytes"));
    case v1::MessageTemplate::kEmpty:
      if (message.empty()) {
        return core::MessageTemplate();
      }
      at.Field("empty").Refuse("expected true, or not set");
      return std::nullopt;
    case v1::MessageTemplate::kPong:
      return CompilePong(message.pong(), context, at.Field("pong"));
    case v1::MessageTemplate::kEcho:
      return CompileEcho(message.echo(), context, at.Field("echo"));
    case v1::MessageTemplate::KIND_NOT_SET:
      break;
  }
  at.Refuse("expected exactly one of text, json, bytes, empty, pong, echo");
  return std::nullopt;
}

// What is the same whenever it is sent, or but for times, numbers and ids.
bool IsNeverText(const core::MessageTemplate& made) {
  if (!made.MayBreakUtf8() || made.slots() != 0 || made.MaxSize() == SIZE_MAX) {
    return false;
  }
  const core::BeatVariables variables;
  std::string text;
  made.Expand({.variables = &variables}, text);
  return FindInvalidUtf8(text) != std::string_view::npos;
}

std::optional<core::MessageTemplate> InFrame(const core::MessageTemplate& made, core::FrameKind kind,
                                             const FieldPath& at) {
  if (kind == core::FrameKind::kText && IsNeverText(made)) {
    at.Refuse("expected BINARY, or bytes that are UTF-8, as a text frame is (RFC 6455 section 5.6)");
    return std::nullopt;
  }
  return made.As(kind);
}

}  // namespace

std::optional<core::MessageTemplate> CompileTemplate(const v1::MessageTemplate& message,
                                                     const core::TemplateContext& context, const FieldPath& at) {
  Made made = CompileKind(message, context, at);
  const FieldPath frame = at.Field("frame");
  if (!CheckEnum(frame, *v1::Frame_descriptor(), message.frame()) || !made) {
    return std::nullopt;
  }
  switch (message.frame()) {
    case v1::FRAME_UNSPECIFIED:
      return made;
    case v1::FRAME_TEXT:
    case v1::FRAME_BINARY:
      if (message.has_pong()) {
        frame.Refuse("not with pong");
        return std::nullopt;
      }
      return InFrame(*made, message.frame() == v1::FRAME_TEXT ? core::FrameKind::kText : core::FrameKind::kBinary,
                     frame);
    default:
      frame.Refuse("expected TEXT or BINARY");
      return std::nullopt;
  }
}

}  // namespace holter::spec
