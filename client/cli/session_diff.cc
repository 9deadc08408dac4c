#include "client/cli/session_diff.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <map>
#include <utility>

namespace holter::cli {
namespace {

using FieldTexts = std::vector<std::pair<std::string, std::string>>;  // path, value

std::string ScalarText(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                       int index) {
  using Type = google::protobuf::FieldDescriptor::CppType;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case Type::CPPTYPE_STRING:
      return many ? reflection.GetRepeatedString(message, &field, index) : reflection.GetString(message, &field);
    case Type::CPPTYPE_ENUM:
      return (many ? reflection.GetRepeatedEnum(message, &field, index) : reflection.GetEnum(message, &field))->name();
    case Type::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case Type::CPPTYPE_INT32:
      return fmt::format("{}", reflection.GetInt32(message, &field));
    case Type::CPPTYPE_INT64:
      return fmt::format("{}", reflection.GetInt64(message, &field));
    case Type::CPPTYPE_DOUBLE:
      return fmt::format("{}", reflection.GetDouble(message, &field));
    default:
      return "?";
  }
}

std::string JsonText(const google::protobuf::Message& value) {
  std::string text;
  return google::protobuf::util::MessageToJsonString(value, &text).ok() ? text : "?";
}

void Flatten(const google::protobuf::Message& message, const std::string& prefix, FieldTexts& texts);

void FlattenValue(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field, int index,
                  const std::string& path, FieldTexts& texts) {
  if (field.cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
    texts.emplace_back(path, ScalarText(message, field, index));
    return;
  }
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const google::protobuf::Message& inner = field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, index)
                                                               : reflection.GetMessage(message, &field);
  if (field.message_type() == google::protobuf::Value::descriptor()) {
    texts.emplace_back(path, JsonText(inner));
  } else {
    Flatten(inner, path + ".", texts);
  }
}

// Entries come in any order, not in the same one twice.
void FlattenMap(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                const std::string& path, FieldTexts& texts) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::map<std::string, const google::protobuf::Message*> entries;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const google::protobuf::Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    entries[ScalarText(entry, *field.message_type()->map_key(), -1)] = &entry;
  }
  for (const auto& [key, entry] : entries) {
    FlattenValue(*entry, *field.message_type()->map_value(), -1, fmt::format("{}.{}", path, key), texts);
  }
}

void Flatten(const google::protobuf::Message& message, const std::string& prefix, FieldTexts& texts) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const auto* const field : fields) {
    const std::string path = prefix + field->name();
    if (!field->is_repeated()) {
      FlattenValue(message, *field, -1, path, texts);
      continue;
    }
    if (field->is_map()) {
      FlattenMap(message, *field, path, texts);
      continue;
    }
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i) FlattenValue(message, *field, i, fmt::format("{}[{}]", path, i), texts);
  }
}

FieldTexts DeclaredTexts(const v1::Session& session, bool with_paused) {
  FieldTexts texts;
  const std::map<std::string, std::string> labels(session.labels().begin(), session.labels().end());
  for (const auto& [key, value] : labels) texts.emplace_back("labels." + key, value);
  if (!session.group().empty()) texts.emplace_back("group", session.group());
  Flatten(session.spec(), "spec.", texts);
  if (with_paused) texts.emplace_back("paused", session.paused() ? "true" : "false");
  return texts;
}

}  // namespace

std::vector<FieldChange> DiffDeclarations(const v1::Session& before, const v1::Session& after) {
  const FieldTexts left = DeclaredTexts(before, after.has_paused());
  const FieldTexts right = DeclaredTexts(after, after.has_paused());
  std::vector<FieldChange> changes;
  const std::map<std::string, std::string> old_values(left.begin(), left.end());
  const std::map<std::string, std::string> new_values(right.begin(), right.end());
  for (const auto& [path, value] : left) {
    const auto found = new_values.find(path);
    if (found == new_values.end()) {
      changes.push_back({.path = path, .before = value, .after = ""});
    } else if (found->second != value) {
      changes.push_back({.path = path, .before = value, .after = found->second});
    }
  }
  for (const auto& [path, value] : right) {
    if (!old_values.contains(path)) changes.push_back({.path = path, .before = "", .after = value});
  }
  return changes;
}

std::string DiffLine(const FieldChange& change, bool color) {
  const auto line = [&](const std::string& text, Style style) { return color ? Paint(text, style) : text; };
  if (change.before.empty()) return line(fmt::format("  + {}: {}", change.path, change.after), Style::kGood);
  if (change.after.empty()) return line(fmt::format("  - {}: {}", change.path, change.before), Style::kBad);
  return line(fmt::format("  ~ {}: {} → {}", change.path, change.before, change.after), Style::kWarning);
}

}  // namespace holter::cli
