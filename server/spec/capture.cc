#include "spec/capture.h"

#include <utility>

#include "spec/enum_words.h"

namespace holter::spec {
namespace {

constexpr size_t kLongestPointer = 256;
constexpr size_t kLongestPattern = 1024;
constexpr size_t kLongestCapturePrefix = 64;

std::optional<core::Extractor> CompilePointers(const v1::Capture& capture, const FieldPath& at) {
  std::optional<core::JsonPointer> pointer = CompilePointer(capture.pointer(), at.Field("pointer"));
  std::optional<core::JsonPointer> inside;
  if (!capture.inside().empty()) {
    inside = CompilePointer(capture.inside(), at.Field("inside"));
  }
  return pointer ? std::optional(core::Extractor::Json(*std::move(pointer), std::move(inside))) : std::nullopt;
}

std::optional<core::Extractor> CompileFrom(const v1::Capture& capture, const FieldPath& at) {
  switch (capture.from_case()) {
    case v1::Capture::kPointer:
      return CompilePointers(capture, at);
    case v1::Capture::kRegex:
      if (capture.regex().empty()) {
        at.Field("regex").Refuse("required");
        return std::nullopt;
      }
      return CheckSize(at.Field("regex"), capture.regex().size(), kLongestPattern)
                 ? Take(core::Extractor::Regex(capture.regex()), at.Field("regex"))
                 : std::nullopt;
    case v1::Capture::kProtobuf:
      return Take(core::Extractor::Protobuf(capture.protobuf()), at.Field("protobuf"));
    case v1::Capture::kBytes:
      return Take(core::Extractor::Bytes(capture.bytes()), at.Field("bytes"));
    case v1::Capture::FROM_NOT_SET:
      break;
  }
  at.Refuse("expected exactly one of pointer, regex, protobuf, bytes");
  return std::nullopt;
}

core::Keep KeepOf(v1::Capture::Keep keep) {
  switch (keep) {
    case v1::Capture::KEEP_FIRST:
      return core::Keep::kFirst;
    case v1::Capture::KEEP_MAX:
      return core::Keep::kMax;
    default:
      return core::Keep::kLast;
  }
}

}  // namespace

std::optional<CompiledCapture> CompileCapture(const v1::Capture& capture, const FieldPath& at, bool of_step) {
  const size_t complaints = at.violations();
  std::optional<core::Extractor> from = CompileFrom(capture, at);
  CheckEnum(at.Field("keep"), *v1::Capture::Keep_descriptor(), capture.keep());
  CheckSize(at.Field("prefix"), capture.prefix().size(), kLongestCapturePrefix);
  if (!capture.inside().empty() && capture.from_case() != v1::Capture::kPointer) {
    at.Field("inside").Refuse("needs pointer");
  }
  if (capture.optional() && !of_step) {
    at.Field("optional").Refuse("only in an open step; elsewhere a value that is not there changes nothing");
  }
  if (!from || at.violations() != complaints) {
    return std::nullopt;
  }
  if (!capture.prefix().empty()) {
    from = from->Behind(capture.prefix());
  }
  if (capture.hexadecimal()) {
    from = from->Hexadecimal();
  }
  if (!capture.unit().empty()) {
    from = from->Numeric();
  }
  return CompiledCapture{.from = *std::move(from), .keep = KeepOf(capture.keep())};
}

std::optional<core::JsonPointer> CompilePointer(const std::string& pointer, const FieldPath& at) {
  if (!CheckSize(at, pointer.size(), kLongestPointer)) {
    return std::nullopt;
  }
  return Take(core::JsonPointer::Parse(pointer), at);
}

}  // namespace holter::spec
