// What a caller says about a session besides its spec.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/strings/ascii.h"
#include "spec/convert.h"
#include "spec/field_path.h"

namespace holter::spec {
namespace {

constexpr int kMostLabels = 16;
constexpr size_t kLongestLabelKey = 63;
constexpr size_t kLongestLabelValue = 128;
constexpr size_t kLongestGroup = 63;

bool IsLabelKey(std::string_view key) {
  return !key.empty() && key.size() <= kLongestLabelKey && !absl::ascii_isdigit(key.front()) &&
         std::all_of(key.begin(), key.end(), [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

bool IsGroup(std::string_view group) {
  return group.size() <= kLongestGroup && std::all_of(group.begin(), group.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
         });
}

void CheckLabel(std::string_view key, std::string_view value, const FieldPath& at) {
  if (!IsLabelKey(key)) {
    at.Refuse(fmt::format("expected a key [a-zA-Z_][a-zA-Z0-9_]* of at most {} characters, got {}", kLongestLabelKey,
                          Quoted(key)));
  }
  if (value.size() > kLongestLabelValue) {
    at.Refuse(fmt::format("expected a value of at most {} bytes, got {}", kLongestLabelValue, value.size()));
  }
}

}  // namespace

void CheckDeclaration(const v1::Session& session, std::string_view prefix, std::vector<FieldViolation>& violations) {
  const FieldPath at(prefix, violations);
  const FieldPath labels = at.Field("labels");
  if (CheckCount(labels, static_cast<int>(session.labels_size()), kMostLabels)) {
    const std::map<std::string_view, std::string_view> sorted(session.labels().begin(), session.labels().end());
    for (const auto& [key, value] : sorted) {
      CheckLabel(key, value, labels.Key(key));
    }
  }
  if (!IsGroup(session.group())) {
    at.Field("group").Refuse(
        fmt::format("expected [a-zA-Z0-9_.-], at most {} characters, got {}", kLongestGroup, Quoted(session.group())));
  }
}

}  // namespace holter::spec
