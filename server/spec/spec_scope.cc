#include "spec/spec_scope.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/functional/function_ref.h"
#include "core/parameter_text.h"
#include "spec/preset_variables.h"

namespace holter::spec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMostSpecParameters = 32;
constexpr size_t kLongestParameter = 1024;
constexpr int kDeepestSpec = 100;

using Visit = absl::FunctionRef<void(const std::string&)>;

// Every string below `message`, keys of maps left out.
void VisitStrings(const Message& message, Visit visit, int depth = 0) {
  if (depth == kDeepestSpec) {
    return;  // deeper than any limit of a spec allows, so it is refused elsewhere
  }
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool is_key = message.GetDescriptor()->options().map_entry() && field->number() == 1;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count && !is_key; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        VisitStrings(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                          : reflection.GetMessage(message, field),
                     visit, depth + 1);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        visit(field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                   : reflection.GetString(message, field));
      }
    }
  }
}

class ScopeBuilder {
 public:
  void Add(std::string_view name, core::Origin origin, Duration unit, const FieldPath& at) {
    const absl::StatusOr<size_t> slot = scope_.Add(name, origin, unit);
    if (!slot.ok()) {
      at.Refuse(std::string(slot.status().message()));
    }
  }

  void AddCaptures(const google::protobuf::Map<std::string, v1::Capture>& captures, const FieldPath& at) {
    // A map has no order of its own, and slots need one.
    std::map<std::string_view, const v1::Capture*> sorted;
    for (const auto& [name, capture] : captures) {
      sorted.emplace(name, &capture);
    }
    for (const auto& [name, capture] : sorted) {
      const FieldPath place = at.Key(name);
      Add(name, core::Origin::kCapture, CompileUnit(capture->unit(), place.Field("unit")), place);
    }
  }

  void AddSecrets(const Message& message, core::ParameterList& secrets) {
    VisitStrings(message, [&](const std::string& text) {
      const auto references = FindSecretReferences(text);
      if (!references.ok()) {
        return;  // the template says so, with its field
      }
      for (const std::string& reference : *references) {
        const std::string name = fmt::format("secret:{}", reference);
        if (scope_.Find(name)) {
          continue;
        }
        if (const absl::StatusOr<size_t> slot = scope_.Add(name, core::Origin::kSecret); slot.ok()) {
          secrets.push_back({.slot = *slot, .text = fmt::format("${{{}}}", name), .secret = true});
        }
      }
    });
  }

  core::Scope Finish() { return std::move(scope_); }

 private:
  core::Scope scope_;
};

bool HoldsSecret(const std::string& text) {
  const auto references = FindSecretReferences(text);
  return !references.ok() || !references->empty();
}

void CheckParameter(const std::string& text, const FieldPath& at, const SecretSource* source) {
  if (text.size() > kLongestParameter) {
    at.Refuse(fmt::format("expected at most {} bytes, got {}", kLongestParameter, text.size()));
    return;
  }
  const auto references = FindSecretReferences(text);
  if (!references.ok()) {
    at.Refuse("expected secret references of the form ${secret:name/key}");
    return;
  }
  for (const std::string& reference : *references) {
    if (source != nullptr && !source->Read(reference).ok()) {
      at.Refuse(fmt::format("secret {} cannot be read below --secrets-dir", Quoted(reference)));
    }
  }
}

}  // namespace

Duration CompileUnit(const std::string& unit, const FieldPath& at) {
  if (unit.empty()) return Duration::zero();
  if (unit == "ns") return std::chrono::nanoseconds(1);
  if (unit == "us") return std::chrono::microseconds(1);
  if (unit == "ms") return std::chrono::milliseconds(1);
  if (unit == "s") return std::chrono::seconds(1);
  at.Refuse(fmt::format("expected one of ns, us, ms, s, got {}", Quoted(unit)));
  return Duration::zero();
}

core::Scope CompileScope(const v1::SessionSpec& spec, const FieldPath& at, core::ParameterList& secrets) {
  ScopeBuilder builder;
  std::set<std::string_view> names;
  for (const auto& [name, value] : spec.parameters()) {
    names.insert(name);
  }
  for (const std::string_view name : names) {
    builder.Add(name, core::Origin::kParameter, Duration::zero(), at.Field("parameters").Key(name));
  }
  for (int i = 0; i < spec.open_size(); ++i) {
    builder.AddCaptures(spec.open(i).capture(), at.Field("open").At(i).Field("capture"));
  }
  for (int i = 0; i < spec.capture_size(); ++i) {
    builder.AddCaptures(spec.capture(i).values(), at.Field("capture").At(i).Field("values"));
  }
  for (int i = 0; i < spec.answers_size(); ++i) {
    builder.AddCaptures(spec.answers(i).capture(), at.Field("answers").At(i).Field("capture"));
  }
  for (int i = 0; i < spec.ends_size(); ++i) {
    builder.AddCaptures(spec.ends(i).capture(), at.Field("ends").At(i).Field("capture"));
  }
  std::set<std::string_view> signatures;
  for (const auto& [name, signature] : spec.signatures()) {
    signatures.insert(name);
  }
  for (const std::string_view name : signatures) {
    builder.Add(name, core::Origin::kSignature, Duration::zero(), at.Field("signatures").Key(name));
  }
  for (const std::string_view name : signatures) {
    builder.AddSecrets(spec.signatures().at(std::string(name)), secrets);
  }
  for (const v1::OpenStep& step : spec.open()) {
    builder.AddSecrets(step.send(), secrets);
  }
  for (const v1::Beat& beat : spec.beats()) {
    builder.AddSecrets(beat.send(), secrets);
  }
  for (const v1::AnswerRule& rule : spec.answers()) {
    builder.AddSecrets(rule.send(), secrets);
  }
  // A peer may repeat what the upgrade told it, and a value that is shown must hold none of it.
  for (int i = 0; !spec.show().empty() && i < spec.headers_size(); ++i) {
    builder.AddSecrets(spec.headers(i), secrets);
  }
  return builder.Finish();
}

std::shared_ptr<const core::ParameterList> CompileParameters(const v1::SessionSpec& spec, const core::Scope& scope,
                                                             const FieldPath& at, const SecretSource* source,
                                                             bool may_be_unused) {
  const FieldPath parameters = at.Field("parameters");
  if (spec.parameters().empty() ||
      !CheckCount(parameters, static_cast<int>(spec.parameters().size()), kMostSpecParameters)) {
    return nullptr;
  }
  v1::SessionSpec rest = spec;
  rest.clear_parameters();
  const auto used = VariablesIn(rest);
  auto list = std::make_shared<core::ParameterList>();
  for (const auto& [name, value] : spec.parameters()) {
    const FieldPath place = parameters.Key(name);
    CheckParameter(value, place, source);
    const std::optional<size_t> slot = scope.Find(name);
    if (!slot) {
      continue;  // refused with the scope
    }
    if (!may_be_unused && !used.contains(name)) {
      place.Refuse(fmt::format("nothing in the spec says ${{{}}}", name));
    }
    list->push_back({.slot = *slot, .text = value, .secret = HoldsSecret(value)});
  }
  std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a.slot < b.slot; });
  return list;
}

std::string ExpandUrl(std::string_view text, const google::protobuf::Map<std::string, std::string>& parameters) {
  return core::ReplaceParameters(text, [&](std::string_view name) -> std::optional<std::string> {
    const auto found = parameters.find(std::string(name));
    if (found == parameters.end() || HoldsSecret(found->second)) {
      return std::nullopt;
    }
    return core::PercentEncode(found->second);
  });
}

}  // namespace holter::spec
