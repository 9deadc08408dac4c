#include "spec/json_value.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string_view>

#include "base/json_text.h"

namespace holter::spec {
namespace {

using google::protobuf::Value;

constexpr int kDeepest = 32;

absl::Status Append(const Value& value, int depth, std::string& out);

absl::Status AppendNumber(double number, std::string& out) {
  if (!std::isfinite(number)) {
    return absl::InvalidArgumentError("expected JSON numbers, got NaN or an infinity");
  }
  if (std::abs(number) > kLargestExact) {
    return absl::InvalidArgumentError(
        "expected numbers up to 2^53 - 1, beyond which digits are lost; write a larger one as a string or use text");
  }
  out += NumberText(number);
  return absl::OkStatus();
}

absl::Status AppendList(const google::protobuf::ListValue& list, int depth, std::string& out) {
  out += '[';
  for (int i = 0; i < list.values_size(); ++i) {
    out += i == 0 ? "" : ",";
    if (absl::Status status = Append(list.values(i), depth + 1, out); !status.ok()) {
      return status;
    }
  }
  out += ']';
  return absl::OkStatus();
}

absl::Status AppendStruct(const google::protobuf::Struct& object, int depth, std::string& out) {
  // The map has no order; equal specs have to give equal text.
  std::map<std::string_view, const Value*> sorted;
  for (const auto& [name, value] : object.fields()) {
    sorted.emplace(name, &value);
  }
  out += '{';
  bool first = true;
  for (const auto& [name, value] : sorted) {
    out += first ? "" : ",";
    first = false;
    AppendJsonString(name, out);
    out += ':';
    if (absl::Status status = Append(*value, depth + 1, out); !status.ok()) {
      return status;
    }
  }
  out += '}';
  return absl::OkStatus();
}

absl::Status Append(const Value& value, int depth, std::string& out) {
  if (depth > kDeepest) {
    return absl::InvalidArgumentError(fmt::format("expected JSON at most {} levels deep", kDeepest));
  }
  switch (value.kind_case()) {
    case Value::kNullValue:
      out += "null";
      return absl::OkStatus();
    case Value::kBoolValue:
      out += value.bool_value() ? "true" : "false";
      return absl::OkStatus();
    case Value::kNumberValue:
      return AppendNumber(value.number_value(), out);
    case Value::kStringValue:
      AppendJsonString(value.string_value(), out);
      return absl::OkStatus();
    case Value::kListValue:
      return AppendList(value.list_value(), depth, out);
    case Value::kStructValue:
      return AppendStruct(value.struct_value(), depth, out);
    case Value::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("expected a JSON value, got a google.protobuf.Value without kind");
}

}  // namespace

absl::StatusOr<std::string> JsonText(const Value& value) {
  std::string out;
  if (absl::Status status = Append(value, 1, out); !status.ok()) {
    return status;
  }
  return out;
}

std::string NumberText(double number) {
  if (number == std::trunc(number) && std::abs(number) <= kLargestExact) {
    return fmt::format("{}", static_cast<int64_t>(number));
  }
  return fmt::format("{}", number);
}

}  // namespace holter::spec
