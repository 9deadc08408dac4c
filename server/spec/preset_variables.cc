#include "spec/preset_variables.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"

namespace holter::spec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Names = std::set<std::string, std::less<>>;

void CollectFromText(std::string_view text, Names& out) {
  for (size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    if (at > 0 && text[at - 1] == '$') continue;  // $${ is a plain ${
    std::string_view rest = text.substr(at + 2);
    for (const std::string_view mark : {"text:", "length:"}) {
      if (rest.starts_with(mark)) rest.remove_prefix(mark.size());
    }
    const auto* const end =
        std::find_if_not(rest.begin(), rest.end(), [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
    out.emplace(rest.begin(), end);
  }
}

void Collect(const Message& message, Names& out) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  std::string scratch;
  for (const FieldDescriptor* const field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Collect(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                     : reflection.GetMessage(message, field),
                out);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string& text = field->is_repeated()
                                      ? reflection.GetRepeatedStringReference(message, field, i, &scratch)
                                      : reflection.GetStringReference(message, field, &scratch);
        field->name() == "only_if" ? void(out.insert(text)) : CollectFromText(text, out);
      }
    }
  }
}

}  // namespace

Names VariablesIn(const Message& message) {
  Names names;
  Collect(message, names);
  return names;
}

}  // namespace holter::spec
