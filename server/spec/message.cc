#include "spec/message.h"

#include <string>
#include <utility>

#include "spec/json_value.h"

namespace holter::spec {
namespace {

constexpr size_t kLongestTemplate = 4096;

}  // namespace

std::optional<core::MessageTemplate> CompileTemplate(const v1::MessageTemplate& message, const FieldPath& at) {
  switch (message.kind_case()) {
    case v1::MessageTemplate::kText:
      if (CheckSize(at.Field("text"), message.text().size(), kLongestTemplate)) {
        return Take(core::MessageTemplate::FromText(message.text()), at.Field("text"));
      }
      return std::nullopt;
    case v1::MessageTemplate::kJson:
      if (const std::optional<std::string> json = Take(JsonText(message.json()), at.Field("json"));
          json && CheckSize(at.Field("json"), json->size(), kLongestTemplate)) {
        return Take(core::MessageTemplate::FromJson(*json), at.Field("json"));
      }
      return std::nullopt;
    case v1::MessageTemplate::kBytes: {
      std::optional<core::MessageTemplate> made =
          Take(core::MessageTemplate::FromHex(message.bytes()), at.Field("bytes"));
      return made && CheckSize(at.Field("bytes"), made->MaxSize(), kLongestTemplate) ? std::move(made) : std::nullopt;
    }
    case v1::MessageTemplate::KIND_NOT_SET:
      break;
  }
  at.Refuse("expected exactly one of text, json, bytes");
  return std::nullopt;
}

}  // namespace holter::spec
