#include "spec/yaml_reader.h"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "spec/enum_words.h"
#include "spec/field_path.h"
#include "spec/yaml_scalar.h"

namespace holter::spec {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Value;

constexpr size_t kMostComplaints = 20;
// A file of 20,000 sessions has about a million nodes.
constexpr size_t kMostNodes = 3'000'000;
// Of one JSON value; a template has at most 4096 bytes.
constexpr size_t kMostNodesOfValue = 10'000;
constexpr int kDeepestValue = 64;

std::string Join(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string_view KindOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return "a single value";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a map";
    default:
      return "nothing";
  }
}

// Quotes, a block scalar or an explicit tag make a scalar text.
bool IsText(const YAML::Node& node) { return node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str"; }

bool HasForeignTag(const YAML::Node& node) { return !node.Tag().empty() && node.Tag() != "?" && !IsText(node); }

// Sets or, in a list, adds.
template <typename T>
void Put(const Reflection& reflection, const google::protobuf::FieldDescriptor& field, Message& out, T value,
         void (Reflection::*set)(Message*, const google::protobuf::FieldDescriptor*, T) const,
         void (Reflection::*add)(Message*, const google::protobuf::FieldDescriptor*, T) const) {
  (reflection.*(field.is_repeated() ? add : set))(&out, &field, std::move(value));
}

template <typename T>
bool ParseNumber(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(out)) {
      return false;
    }
  }
  return error == std::errc() && end == text.data() + text.size();
}

// What a field takes, for complaints.
std::string Expected(const google::protobuf::FieldDescriptor& field) {
  using FD = google::protobuf::FieldDescriptor;
  switch (field.cpp_type()) {
    case FD::CPPTYPE_INT32:
    case FD::CPPTYPE_UINT32:
      return "a whole number of 32 bits";
    case FD::CPPTYPE_INT64:
    case FD::CPPTYPE_UINT64:
      return "a whole number of 64 bits";
    case FD::CPPTYPE_DOUBLE:
    case FD::CPPTYPE_FLOAT:
      return "a number";
    case FD::CPPTYPE_BOOL:
      return "true or false";
    case FD::CPPTYPE_ENUM:
      return fmt::format("one of {}", EnumChoices(*field.enum_type()));
    case FD::CPPTYPE_MESSAGE:
      return "a map";
    case FD::CPPTYPE_STRING:
      break;
  }
  return "text";
}

// False when `text` is not a value of the field's type.
bool PutScalar(std::string_view text, bool quoted, const google::protobuf::FieldDescriptor& field, Message& out) {
  using FD = google::protobuf::FieldDescriptor;
  const Reflection& reflection = *out.GetReflection();
  const auto number = [&]<typename T>(T value, auto set, auto add) {
    if (!ParseNumber(text, value)) {
      return false;
    }
    Put<T>(reflection, field, out, value, set, add);
    return true;
  };
  switch (field.cpp_type()) {
    case FD::CPPTYPE_STRING:
      Put<std::string>(reflection, field, out, std::string(text), &Reflection::SetString, &Reflection::AddString);
      return true;
    case FD::CPPTYPE_INT32:
      return number(int32_t{}, &Reflection::SetInt32, &Reflection::AddInt32);
    case FD::CPPTYPE_INT64:
      return number(int64_t{}, &Reflection::SetInt64, &Reflection::AddInt64);
    case FD::CPPTYPE_UINT32:
      return number(uint32_t{}, &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FD::CPPTYPE_UINT64:
      return number(uint64_t{}, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FD::CPPTYPE_FLOAT:
      return number(float{}, &Reflection::SetFloat, &Reflection::AddFloat);
    case FD::CPPTYPE_DOUBLE:
      return number(double{}, &Reflection::SetDouble, &Reflection::AddDouble);
    case FD::CPPTYPE_BOOL: {
      const PlainValue value = ReadPlain(text);
      const bool* truth = std::get_if<bool>(&value);
      if (quoted || truth == nullptr) {
        return false;
      }
      Put<bool>(reflection, field, out, *truth, &Reflection::SetBool, &Reflection::AddBool);
      return true;
    }
    case FD::CPPTYPE_ENUM: {
      const auto* word = FindEnumWord(*field.enum_type(), text);
      int value = 0;
      if (word == nullptr && !ParseNumber(text, value)) {
        return false;
      }
      value = word != nullptr ? word->number() : value;
      Put<int>(reflection, field, out, value, &Reflection::SetEnumValue, &Reflection::AddEnumValue);
      return true;
    }
    case FD::CPPTYPE_MESSAGE:
      break;
  }
  return false;
}

}  // namespace

YamlReader::YamlReader(std::string_view file) : file_(file), limit_(kMostNodes) {}

void YamlReader::Complain(const YAML::Mark& mark, std::string_view path, std::string_view text) {
  if (complaints_.size() < kMostComplaints) {
    complaints_.push_back(fmt::format("{}:{}: {}{}{}", file_, mark.line + 1, path, path.empty() ? "" : ": ", text));
  }
}

bool YamlReader::full() const { return exhausted_ || complaints_.size() >= kMostComplaints; }

bool YamlReader::Visit(const YAML::Node& node, const std::string& path) {
  if (full()) {
    return false;
  }
  if (++visited_ > limit_) {
    exhausted_ = true;
    Complain(node.Mark(), path, "more values than any file of sessions has, aliases followed");
    return false;
  }
  return true;
}

bool YamlReader::ReadText(const YAML::Node& node, const std::string& path, std::string_view expected,
                          std::string& out) {
  if (node.IsNull()) {
    Complain(node.Mark(), path,
             fmt::format("expected {}, got nothing (an empty value or null); leave the field out for its default",
                         expected));
    return false;
  }
  if (!node.IsScalar() || HasForeignTag(node)) {
    Complain(node.Mark(), path,
             fmt::format("expected {}, got {}", expected, node.IsScalar() ? "the tag " + node.Tag() : KindOf(node)));
    return false;
  }
  out = node.Scalar();
  return true;
}

bool YamlReader::ReadKey(const YAML::Node& key, const std::string& path, std::string& out) {
  if (!key.IsScalar()) {
    Complain(key.Mark(), path, fmt::format("expected a name, got {} as one", KindOf(key)));
    return false;
  }
  out = key.Scalar();
  return true;
}

void YamlReader::ReadMessage(const YAML::Node& node, const std::string& path, Message& out) {
  if (!node.IsMap()) {
    Complain(node.Mark(), path, fmt::format("expected a map, got {}", KindOf(node)));
    return;
  }
  const auto& type = *out.GetDescriptor();
  std::set<const Field*> seen;
  std::string name;
  for (const auto& entry : node) {
    if (!Visit(entry.first, path)) {
      return;
    }
    if (!ReadKey(entry.first, path, name)) {
      continue;
    }
    const std::string below = Join(path, name);
    const Field* field = type.FindFieldByName(name);
    field = field != nullptr ? field : type.FindFieldByCamelcaseName(name);
    if (field == nullptr) {
      Complain(entry.first.Mark(), below, "unknown field");
    } else if (!seen.insert(field).second) {
      Complain(entry.first.Mark(), below, "stands here twice");
    } else if (const auto* choice = field->real_containing_oneof();
               choice != nullptr && out.GetReflection()->HasOneof(out, choice)) {
      Complain(entry.first.Mark(), below,
               fmt::format("excludes {}, which stands here too",
                           out.GetReflection()->GetOneofFieldDescriptor(out, choice)->name()));
    } else {
      ReadField(entry.second, below, *field, out);
    }
  }
}

void YamlReader::ReadField(const YAML::Node& node, const std::string& path, const Field& field, Message& out) {
  if (field.is_map()) {
    ReadMap(node, path, field, out);
  } else if (field.is_repeated()) {
    ReadList(node, path, field, out);
  } else {
    ReadOne(node, path, field, out);
  }
}

void YamlReader::ReadList(const YAML::Node& node, const std::string& path, const Field& field, Message& out) {
  if (!node.IsSequence()) {
    Complain(node.Mark(), path, fmt::format("expected a list, got {}", KindOf(node)));
    return;
  }
  size_t index = 0;
  for (const YAML::Node& item : node) {
    if (full()) {
      return;
    }
    ReadOne(item, fmt::format("{}[{}]", path, index++), field, out);
  }
}

void YamlReader::ReadMap(const YAML::Node& node, const std::string& path, const Field& field, Message& out) {
  if (!node.IsMap()) {
    Complain(node.Mark(), path, fmt::format("expected a map, got {}", KindOf(node)));
    return;
  }
  const Field& key_field = *field.message_type()->map_key();
  const Field& value_field = *field.message_type()->map_value();
  std::set<std::string> seen;
  std::string key;
  for (const auto& item : node) {
    if (!Visit(item.first, path)) {
      return;
    }
    if (!ReadKey(item.first, path, key)) {
      continue;
    }
    const std::string below = fmt::format("{}[{}]", path, Quoted(key));
    if (!seen.insert(key).second) {
      Complain(item.first.Mark(), below, "stands here twice");
      continue;
    }
    Message& entry = *out.GetReflection()->AddMessage(&out, &field);
    if (!PutScalar(key, /*quoted=*/false, key_field, entry)) {
      Complain(item.first.Mark(), below, fmt::format("expected {} as a key", Expected(key_field)));
      continue;
    }
    ReadOne(item.second, below, value_field, entry);
  }
}

void YamlReader::ReadOne(const YAML::Node& node, const std::string& path, const Field& field, Message& out) {
  if (!Visit(node, path)) {
    return;
  }
  if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
    const Reflection& reflection = *out.GetReflection();
    ReadSubmessage(
        node, path,
        field.is_repeated() ? *reflection.AddMessage(&out, &field) : *reflection.MutableMessage(&out, &field));
    return;
  }
  const std::string expected = Expected(field);
  std::string text;
  if (ReadText(node, path, expected, text) && !PutScalar(text, IsText(node), field, out)) {
    Complain(node.Mark(), path, fmt::format("expected {}, got {}", expected, Quoted(text)));
  }
}

void YamlReader::ReadSubmessage(const YAML::Node& node, const std::string& path, Message& out) {
  using google::protobuf::util::TimeUtil;
  std::string text;
  if (auto* value = google::protobuf::DynamicCastToGenerated<Value>(&out)) {
    limit_ = std::min(visited_ + kMostNodesOfValue, kMostNodes);
    ReadValue(node, path, 1, *value);
    limit_ = kMostNodes;
  } else if (auto* time = google::protobuf::DynamicCastToGenerated<google::protobuf::Timestamp>(&out)) {
    constexpr std::string_view expected = "a time such as \"2026-01-31T23:59:59Z\"";
    if (ReadText(node, path, expected, text) && !TimeUtil::FromString(text, time)) {
      Complain(node.Mark(), path, fmt::format("expected {}, got {}", expected, Quoted(text)));
    }
  } else if (auto* duration = google::protobuf::DynamicCastToGenerated<google::protobuf::Duration>(&out)) {
    constexpr std::string_view expected = "seconds such as \"1.5s\"";
    if (ReadText(node, path, expected, text) && !TimeUtil::FromString(text, duration)) {
      Complain(node.Mark(), path, fmt::format("expected {}, got {}", expected, Quoted(text)));
    }
  } else {
    ReadMessage(node, path, out);
  }
}

void YamlReader::ReadValue(const YAML::Node& node, const std::string& path, int depth, Value& out) {
  if (depth > kDeepestValue) {
    Complain(node.Mark(), path, fmt::format("more than {} levels deep", kDeepestValue));
    exhausted_ = true;
    return;
  }
  if (node.IsMap()) {
    ReadStruct(node, path, depth, *out.mutable_struct_value());
  } else if (node.IsSequence()) {
    google::protobuf::ListValue& list = *out.mutable_list_value();
    for (const YAML::Node& item : node) {
      const std::string below = fmt::format("{}[{}]", path, list.values_size());
      if (!Visit(item, below)) {
        return;
      }
      ReadValue(item, below, depth + 1, *list.add_values());
    }
  } else if (node.IsNull()) {
    out.set_null_value(google::protobuf::NULL_VALUE);
  } else if (HasForeignTag(node)) {
    Complain(node.Mark(), path, "expected a JSON value, got the tag " + node.Tag());
  } else if (IsText(node)) {
    out.set_string_value(node.Scalar());
  } else {
    const PlainValue plain = ReadPlain(node.Scalar());
    if (const auto* doubtful = std::get_if<DoubtfulNumber>(&plain)) {
      Complain(node.Mark(), path, doubtful->why);
    } else if (const double* number = std::get_if<double>(&plain)) {
      out.set_number_value(*number);
    } else if (const bool* truth = std::get_if<bool>(&plain)) {
      out.set_bool_value(*truth);
    } else {
      out.set_string_value(node.Scalar());
    }
  }
}

void YamlReader::ReadStruct(const YAML::Node& node, const std::string& path, int depth, google::protobuf::Struct& out) {
  std::string key;
  for (const auto& entry : node) {
    if (!Visit(entry.first, path)) {
      return;
    }
    if (!ReadKey(entry.first, path, key)) {
      continue;
    }
    const std::string below = Join(path, key);
    if (out.fields().contains(key)) {
      Complain(entry.first.Mark(), below, "stands here twice");
      continue;
    }
    ReadValue(entry.second, below, depth + 1, (*out.mutable_fields())[key]);
  }
}

}  // namespace holter::spec
