#include "spec/enum_words.h"

#include <algorithm>

namespace holter::spec {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

std::string EnumPrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (IsUpper(c) && !prefix.empty()) {
      prefix += '_';
    }
    prefix += Upper(c);
  }
  return prefix + '_';
}

std::string_view ShortWord(const EnumValueDescriptor& value) {
  std::string_view word = value.name();
  const std::string prefix = EnumPrefix(*value.type());
  if (word.starts_with(prefix)) {
    word.remove_prefix(prefix.size());
  }
  return word;
}

const EnumValueDescriptor* FindEnumWord(const EnumDescriptor& type, std::string_view word) {
  std::string name(word);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c == '.' || c == '-' ? '_' : Upper(c); });
  const EnumValueDescriptor* value = type.FindValueByName(name);
  return value != nullptr ? value : type.FindValueByName(EnumPrefix(type) + name);
}

std::string EnumChoices(const EnumDescriptor& type) {
  std::string choices;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) {
      choices += fmt::format("{}{}", choices.empty() ? "" : ", ", ShortWord(*type.value(i)));
    }
  }
  return choices;
}

bool CheckEnum(const FieldPath& at, const EnumDescriptor& type, int number) {
  if (type.FindValueByNumber(number) != nullptr) {
    return true;
  }
  at.Refuse(fmt::format("expected one of {}, got the number {}", EnumChoices(type), number));
  return false;
}

}  // namespace holter::spec
