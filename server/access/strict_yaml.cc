#include "access/strict_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace holter::access {
namespace {

std::string Below(const std::string& path, const std::string& key) {
  return path.empty() ? key : fmt::format("{}.{}", path, key);
}

}  // namespace

void StrictYaml::Complain(const YAML::Node& node, const std::string& path, std::string_view what) {
  complaints_.push_back(
      fmt::format("{}:{}: {}{}{}", file_, std::max(node.Mark().line + 1, 1), path, path.empty() ? "" : ": ", what));
}

void StrictYaml::ReadEntries(const YAML::Node& node, const std::string& path, const EntryHandler& each) {
  if (!node.IsMap()) {
    Complain(node, path, "expected a map");
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      Complain(entry.first, path, "expected a word for a key");
      continue;
    }
    const std::string key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      Complain(entry.first, Below(path, key), "the key is there twice");
      continue;
    }
    each(key, entry.second, Below(path, key));
  }
}

void StrictYaml::ReadKeys(const YAML::Node& node, const std::string& path,
                          std::initializer_list<std::pair<std::string_view, Handler>> keys) {
  ReadEntries(node, path, [&](const std::string& key, const YAML::Node& value, const std::string& below) {
    const auto* const found =
        std::find_if(keys.begin(), keys.end(), [&](const auto& known) { return known.first == key; });
    if (found != keys.end()) {
      found->second(value, below);
      return;
    }
    std::string known;
    for (const auto& [name, handler] : keys) known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
    Complain(value, below, fmt::format("unknown key; there are: {}", known));
  });
}

void StrictYaml::ReadItems(const YAML::Node& node, const std::string& path, const Handler& each) {
  if (!node.IsSequence()) {
    Complain(node, path, "expected a list");
    return;
  }
  for (size_t i = 0; i < node.size(); ++i) each(node[i], fmt::format("{}[{}]", path, i));
}

std::string StrictYaml::ReadText(const YAML::Node& node, const std::string& path) {
  if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
  Complain(node, path, "expected a text");
  return "";
}

}  // namespace holter::access
