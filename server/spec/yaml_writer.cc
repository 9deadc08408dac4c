// Messages as YAML and JSON.
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "spec/enum_words.h"
#include "spec/json_value.h"
#include "spec/yaml.h"
#include "spec/yaml_scalar.h"

namespace holter::spec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Value;
using google::protobuf::util::TimeUtil;

// What is to be written: a scalar, a map or a list.
struct Tree {
  enum class Kind { kScalar, kMap, kList } kind = Kind::kScalar;
  std::string name;  // of a child of a map
  std::string scalar;
  std::vector<Tree> children;

  static Tree Scalar(std::string text) {
    Tree tree;
    tree.scalar = std::move(text);
    return tree;
  }
  static Tree Of(Kind kind) {
    Tree tree;
    tree.kind = kind;
    return tree;
  }
  void Add(std::string child_name, Tree child) {
    child.name = std::move(child_name);
    children.push_back(std::move(child));
  }
  void SortByName() {
    std::sort(children.begin(), children.end(), [](const Tree& a, const Tree& b) { return a.name < b.name; });
  }
};

Tree TreeOf(const Message& message);

Tree TreeOf(const Value& value) {
  Tree tree;
  switch (value.kind_case()) {
    case Value::kStructValue:
      tree.kind = Tree::Kind::kMap;
      for (const auto& [name, child] : value.struct_value().fields()) {
        tree.Add(name, TreeOf(child));
      }
      tree.SortByName();
      return tree;
    case Value::kListValue:
      tree.kind = Tree::Kind::kList;
      for (const Value& child : value.list_value().values()) {
        tree.Add("", TreeOf(child));
      }
      return tree;
    case Value::kStringValue:
      return Tree::Scalar(StringScalar(value.string_value()));
    case Value::kNumberValue:
      return Tree::Scalar(NumberText(value.number_value()));
    case Value::kBoolValue:
      return Tree::Scalar(value.bool_value() ? "true" : "false");
    default:
      return Tree::Scalar("null");
  }
}

std::string EnumScalar(const FieldDescriptor& field, int number) {
  const auto* value = field.enum_type()->FindValueByNumber(number);
  return value == nullptr ? std::to_string(number) : StringScalar(ShortWord(*value));
}

// One value of a field that is no message; `index` -1: the field is not repeated.
std::string ScalarOf(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const auto get = [&](auto single, auto repeated) {
    return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return fmt::format("{}", get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fmt::format("{}", get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_BOOL:
      return get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumScalar(field, get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue));
    case FieldDescriptor::CPPTYPE_STRING:
      return StringScalar(get(&Reflection::GetString, &Reflection::GetRepeatedString));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return {};
}

Tree TreeOfOne(const Message& message, const FieldDescriptor& field, int index) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return Tree::Scalar(ScalarOf(message, field, index));
  }
  const Reflection& reflection = *message.GetReflection();
  return TreeOf(index < 0 ? reflection.GetMessage(message, &field)
                          : reflection.GetRepeatedMessage(message, &field, index));
}

Tree TreeOfMap(const Message& message, const FieldDescriptor& field) {
  Tree tree = Tree::Of(Tree::Kind::kMap);
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const auto* type = field.message_type();
    std::string key = type->map_key()->cpp_type() == FieldDescriptor::CPPTYPE_STRING
                          ? entry.GetReflection()->GetString(entry, type->map_key())
                          : ScalarOf(entry, *type->map_key(), -1);
    tree.Add(std::move(key), TreeOfOne(entry, *type->map_value(), -1));
  }
  tree.SortByName();
  return tree;
}

Tree TreeOfField(const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) {
    return TreeOfMap(message, field);
  }
  if (!field.is_repeated()) {
    return TreeOfOne(message, field, -1);
  }
  Tree tree = Tree::Of(Tree::Kind::kList);
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    tree.Add("", TreeOfOne(message, field, i));
  }
  return tree;
}

Tree TreeOf(const Message& message) {
  if (const auto* value = google::protobuf::DynamicCastToGenerated<Value>(&message)) {
    return TreeOf(*value);
  }
  if (const auto* time = google::protobuf::DynamicCastToGenerated<google::protobuf::Timestamp>(&message)) {
    return Tree::Scalar(StringScalar(TimeUtil::ToString(*time)));
  }
  if (const auto* duration = google::protobuf::DynamicCastToGenerated<google::protobuf::Duration>(&message)) {
    return Tree::Scalar(StringScalar(TimeUtil::ToString(*duration)));
  }
  Tree tree = Tree::Of(Tree::Kind::kMap);
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    tree.Add(field->name(), TreeOfField(message, *field));
  }
  return tree;
}

// Writes the children; the cursor stands where the first of them begins.
void WriteChildren(const Tree& tree, int indent, std::string& out);

// What follows "name:" or "-". Maps and lists begin on a line of their own behind a name, on the same line behind a
// dash.
void WriteBehind(const Tree& tree, bool dash, int indent, std::string& out) {
  if (tree.kind == Tree::Kind::kScalar) {
    out += fmt::format(" {}\n", tree.scalar);
  } else if (tree.children.empty()) {
    out += tree.kind == Tree::Kind::kMap ? " {}\n" : " []\n";
  } else if (dash) {
    out += ' ';
    WriteChildren(tree, indent + 2, out);
  } else {
    // A list may stand as far left as the name that it belongs to.
    const int below = tree.kind == Tree::Kind::kList ? indent : indent + 2;
    out += '\n';
    out.append(static_cast<size_t>(below), ' ');
    WriteChildren(tree, below, out);
  }
}

void WriteChildren(const Tree& tree, int indent, std::string& out) {
  bool first = true;
  for (const Tree& child : tree.children) {
    if (!first) {
      out.append(static_cast<size_t>(indent), ' ');
    }
    first = false;
    if (tree.kind == Tree::Kind::kList) {
      out += '-';
      WriteBehind(child, /*dash=*/true, indent, out);
    } else {
      out += StringScalar(child.name) + ':';
      WriteBehind(child, /*dash=*/false, indent, out);
    }
  }
}

}  // namespace

std::string ToYaml(const Message& message) {
  const Tree tree = TreeOf(message);
  if (tree.kind == Tree::Kind::kScalar) {
    return tree.scalar + '\n';
  }
  if (tree.children.empty()) {
    return tree.kind == Tree::Kind::kMap ? "{}\n" : "[]\n";
  }
  std::string out;
  WriteChildren(tree, 0, out);
  return out;
}

std::string ToJson(const Message& message) {
  // By way of a deterministic serialization, so that labels keep one order.
  std::string wire;
  {
    google::protobuf::io::StringOutputStream stream(&wire);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  static constexpr char kPrefix[] = "type.googleapis.com";
  const std::unique_ptr<google::protobuf::util::TypeResolver> resolver(
      google::protobuf::util::NewTypeResolverForDescriptorPool(kPrefix, message.GetDescriptor()->file()->pool()));
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string out;
  const auto status = google::protobuf::util::BinaryToJsonString(
      resolver.get(), fmt::format("{}/{}", kPrefix, message.GetDescriptor()->full_name()), wire, &out, options);
  return status.ok() ? out : std::string();
}

}  // namespace holter::spec
