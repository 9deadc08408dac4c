#include "rpc/method_rules.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "base/session_name.h"

namespace holter::rpc {
namespace {

using access::Role;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void CollectNames(const Message& message, std::string_view path, bool may_be_empty, std::vector<std::string>& out) {
  const size_t dot = path.find('.');
  const std::string name(path.substr(0, dot));
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return;  // the table's test fails then
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const auto add = [&](const std::string& value) {
    if (!value.empty() || !may_be_empty) out.push_back(value);
  };
  const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  const std::string_view rest = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  if (!field->is_repeated()) {
    is_message ? CollectNames(reflection.GetMessage(message, field), rest, may_be_empty, out)
               : add(reflection.GetString(message, field));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    is_message ? CollectNames(reflection.GetRepeatedMessage(message, field, i), rest, may_be_empty, out)
               : add(reflection.GetRepeatedString(message, field, i));
  }
}

}  // namespace

std::span<const MethodRule> MethodRules() {
  static const std::vector<MethodRule> kRules = {
      {"CreateSession", Role::kEditor, {"parent", "session.name?"}},
      {"GetSession", Role::kViewer, {"name"}},
      {"ListSessions", Role::kViewer, {"parent"}},
      {"UpdateSession", Role::kEditor, {"session.name"}},
      {"DeleteSession", Role::kEditor, {"name"}},
      {"GetFleetSummary", Role::kViewer, {"parent"}},
      {"BatchGetSessions", Role::kViewer, {"parent", "names"}},
      {"BatchCreateSessions", Role::kEditor, {"parent", "requests.parent?", "requests.session.name?"}},
      {"BatchDeleteSessions", Role::kEditor, {"parent", "names"}},
      {"PauseSession", Role::kEditor, {"name"}},
      {"ResumeSession", Role::kEditor, {"name"}},
      {"ReconnectSession", Role::kEditor, {"name"}},
      {"ReconnectSessions", Role::kEditor, {"parent"}},
      {"ListSessionEvents", Role::kViewer, {"parent"}},
      {"ApplySessions", Role::kEditor, {"parent", "sessions.name"}},
      {"RenewLease", Role::kEditor, {"parent"}},
      {"WatchSessions", Role::kViewer, {"parent"}},
      {"ProbeSession", Role::kEditor, {"parent"}},
      {"TapSession", Role::kEditor, {"name"}},
      {"ListPresets", Role::kViewer, {}, /*anywhere=*/true},
      {"GetPreset", Role::kViewer, {}, /*anywhere=*/true},
  };
  return kRules;
}

const MethodRule* FindMethodRule(std::string_view method) {
  const std::span<const MethodRule> rules = MethodRules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.method == method; });
  return found == rules.end() ? nullptr : &*found;
}

std::vector<std::string> NamesIn(const Message& request, const MethodRule& rule) {
  std::vector<std::string> names;
  for (const std::string_view path : rule.names) {
    const bool may_be_empty = path.ends_with('?');
    CollectNames(request, path.substr(0, path.size() - (may_be_empty ? 1 : 0)), may_be_empty, names);
  }
  return names;
}

std::string TenantOf(std::string_view name) {
  if (const absl::StatusOr<SessionName> session = ParseSessionName(name); session.ok()) return session->tenant;
  constexpr std::string_view all_sessions = "/sessions/-";
  if (name.ends_with(all_sessions)) name.remove_suffix(all_sessions.size());
  const absl::StatusOr<std::string> tenant = ParseParent(name, /*allow_wildcard=*/false);
  return tenant.ok() ? *tenant : "";
}

}  // namespace holter::rpc
