// Enums of the proto in words.
#pragma once

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

#include "spec/field_path.h"

namespace holter::spec {

// "RETRY_CLASS_" for RetryClass: what every word of the enum begins with.
std::string EnumPrefix(const google::protobuf::EnumDescriptor& type);

// The word without its prefix: "AT_ONCE".
std::string_view ShortWord(const google::protobuf::EnumValueDescriptor& value);

// The value behind a word: in any case, with or without prefix; "." and "-" count as "_". Null: there is none.
const google::protobuf::EnumValueDescriptor* FindEnumWord(const google::protobuf::EnumDescriptor& type,
                                                          std::string_view word);

// "AT_ONCE, BACK_OFF, SLOW, NEVER": what a field of this type may hold; the word for "unspecified" is left out.
std::string EnumChoices(const google::protobuf::EnumDescriptor& type);

// False and refused when the number has no word: protobuf lets any number through.
bool CheckEnum(const FieldPath& at, const google::protobuf::EnumDescriptor& type, int number);

}  // namespace holter::spec
