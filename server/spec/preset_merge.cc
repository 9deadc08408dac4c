#include "spec/preset_merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "spec/preset_variables.h"

namespace holter::spec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMostWithout = 16;
constexpr int kMostParameters = 32;

// Parts of it mean nothing without the others: half of one matcher and half of another would fit nothing.
bool IsTakenWhole(const Descriptor& type) {
  return &type == v1::Matcher::descriptor() || &type == v1::MessageTemplate::descriptor() ||
         &type == v1::Capture::descriptor() || &type == v1::Correlation::descriptor();
}

// Elements of these lists have a name to be found by.
bool IsNamedList(const FieldDescriptor& field) {
  return field.is_repeated() &&
         (field.message_type() == v1::Beat::descriptor() || field.message_type() == v1::Watchdog::descriptor());
}

std::string NameOf(const Message& element) {
  return element.GetReflection()->GetString(element, element.GetDescriptor()->FindFieldByName("name"));
}

// Index of the element called `name`; -1: there is none.
int FindNamed(const Message& message, const FieldDescriptor& list, std::string_view name) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &list); ++i) {
    if (NameOf(reflection.GetRepeatedMessage(message, &list, i)) == name) return i;
  }
  return -1;
}

void MergeInto(const Message& from, Message& to);

void MergeNamed(const Message& from, const FieldDescriptor& list, Message& to) {
  const Reflection& reflection = *from.GetReflection();
  for (int i = 0; i < reflection.FieldSize(from, &list); ++i) {
    const Message& element = reflection.GetRepeatedMessage(from, &list, i);
    const int found = FindNamed(to, list, NameOf(element));
    if (found < 0) {
      reflection.AddMessage(&to, &list)->CopyFrom(element);
    } else {
      MergeInto(element, *reflection.MutableRepeatedMessage(&to, &list, found));
    }
  }
}

// What is set in `from` wins; both are of one type.
void MergeInto(const Message& from, Message& to) {
  std::vector<const FieldDescriptor*> fields;
  from.GetReflection()->ListFields(from, &fields);
  const std::unique_ptr<Message> whole(from.New());
  whole->CopyFrom(from);
  for (const FieldDescriptor* const field : fields) {
    const bool is_message = !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (IsNamedList(*field)) {
      MergeNamed(from, *field, to);
      whole->GetReflection()->ClearField(whole.get(), field);
    } else if (is_message && !IsTakenWhole(*field->message_type())) {
      MergeInto(from.GetReflection()->GetMessage(from, field), *to.GetReflection()->MutableMessage(&to, field));
      whole->GetReflection()->ClearField(whole.get(), field);
    } else {
      to.GetReflection()->ClearField(&to, field);
    }
  }
  to.MergeFrom(*whole);
}

void RemoveElement(Message& message, const FieldDescriptor& list, int index) {
  const Reflection& reflection = *message.GetReflection();
  for (const int last = reflection.FieldSize(message, &list) - 1; index < last; ++index) {
    reflection.SwapElements(&message, &list, index, index + 1);
  }
  reflection.RemoveLast(&message, &list);
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0 : reflection.HasField(message, &field);
}

// Takes what the path leads to out of `message`; false when there is no such thing.
bool TakeOut(std::span<const std::string> path, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(path.front());
  if (field == nullptr || !IsSet(message, *field)) return false;
  path = path.subspan(1);
  if (path.empty()) {
    reflection.ClearField(&message, field);
    return true;
  }
  if (IsNamedList(*field)) {
    const int found = FindNamed(message, *field, path.front());
    if (found < 0) return false;
    path = path.subspan(1);
    if (!path.empty()) return TakeOut(path, *reflection.MutableRepeatedMessage(&message, field, found));
    RemoveElement(message, *field, found);
    return true;
  }
  const bool leads_on = !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  return leads_on && TakeOut(path, *reflection.MutableMessage(&message, field));
}

void LeaveOut(const v1::SessionSpec& declared, const FieldPath& at, v1::SessionSpec& spec) {
  if (!CheckCount(at, declared.without_size(), kMostWithout)) return;
  for (int i = 0; i < declared.without_size(); ++i) {
    const std::vector<std::string> path = absl::StrSplit(declared.without(i), '.');
    if (TakeOut(path, spec)) continue;
    at.At(i).Refuse(fmt::format(
        "expected what the preset {} sets, such as \"answers\" or \"beats.NAME\", got {}; `holter presets show {}`",
        declared.preset(), Quoted(declared.without(i)), declared.preset()));
  }
}

// Two elements of one name would become one.
void RefuseTwins(const auto& elements, const FieldPath& at) {
  std::set<std::string_view> seen;
  for (int i = 0; i < elements.size(); ++i) {
    if (seen.insert(elements[i].name()).second) continue;
    at.At(i).Field("name").Refuse(fmt::format("{} is the name of another", Quoted(elements[i].name())));
  }
}

// All of the preset's that have a value, used or not: sessions that differ in their URL only share what is compiled,
// and that depends on the names of parameters.
void FillParameters(const v1::SessionSpec& declared, const v1::Preset& preset, const FieldPath& at,
                    v1::SessionSpec& spec) {
  spec.clear_parameters();
  if (!CheckCount(at, static_cast<int>(declared.parameters_size()), kMostParameters)) return;
  const auto used = VariablesIn(spec);
  std::set<std::string_view> known;
  for (const v1::PresetParameter& parameter : preset.parameters()) {
    known.insert(parameter.name());
    const auto given = declared.parameters().find(parameter.name());
    if (given != declared.parameters().end()) {
      (*spec.mutable_parameters())[parameter.name()] = given->second;
    } else if (parameter.has_default_value()) {
      (*spec.mutable_parameters())[parameter.name()] = parameter.default_value();
    } else if (used.contains(parameter.name())) {
      at.Key(parameter.name())
          .Refuse(fmt::format("required by the preset {}: {}", preset.name(), parameter.description()));
    }
  }
  // In order, whatever order the map has.
  const std::map<std::string_view, std::string_view> given(declared.parameters().begin(), declared.parameters().end());
  for (const auto& [name, value] : given) {
    if (known.contains(name)) continue;
    at.Key(name).Refuse(fmt::format("no parameter of the preset {}, which has {}", preset.name(),
                                    known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }
}

}  // namespace

std::optional<v1::SessionSpec> Complete(const v1::SessionSpec& declared, const v1::Preset& preset,
                                        const FieldPath& at) {
  v1::SessionSpec spec = preset.spec();
  const size_t before = at.violations();
  RefuseTwins(declared.beats(), at.Field("beats"));
  RefuseTwins(declared.watchdogs(), at.Field("watchdogs"));
  LeaveOut(declared, at.Field("without"), spec);
  MergeInto(declared, spec);
  spec.clear_preset();
  spec.clear_without();
  FillParameters(declared, preset, at.Field("parameters"), spec);
  if (at.violations() != before) return std::nullopt;
  return spec;
}

std::optional<v1::SessionSpec> Effective(const v1::SessionSpec& declared, const FieldPath& at,
                                         const PresetCatalog& catalog) {
  if (declared.preset().empty()) {
    if (declared.without_size() == 0) return declared;
    at.Field("without").Refuse("only with a preset");
    return std::nullopt;
  }
  const absl::StatusOr<const v1::Preset*> preset = catalog.Find(declared.preset());
  if (!preset.ok()) {
    at.Field("preset").Refuse(std::string(preset.status().message()));
    return std::nullopt;
  }
  return Complete(declared, **preset, at);
}

void PointAtDeclared(const FieldPath& at, const v1::SessionSpec& effective, const v1::SessionSpec& declared,
                     FieldViolation& violation) {
  for (const char* const name : {"beats", "watchdogs"}) {
    std::string_view rest = violation.field;
    const std::string head = at.Field(name).text() + "[";
    if (!rest.starts_with(head)) continue;
    rest.remove_prefix(head.size());
    int index = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
    const FieldDescriptor& list = *v1::SessionSpec::descriptor()->FindFieldByName(name);
    const Reflection& reflection = *effective.GetReflection();
    if (error != std::errc() || index >= reflection.FieldSize(effective, &list)) break;
    const std::string element = NameOf(reflection.GetRepeatedMessage(effective, &list, index));
    const std::string within(end + 1, rest.data() + rest.size());
    const int there = FindNamed(declared, list, element);
    if (there < 0) {
      violation.description = fmt::format("its {}.{}{}: {}", name, element, within, violation.description);
      violation.field = at.Field("preset").text();
    } else {
      violation.field = at.Field(name).At(there).text() + within;
    }
    return;
  }
}

}  // namespace holter::spec
