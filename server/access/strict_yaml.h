// Reads YAML that has to be exactly as expected: an unknown key, a key twice, a value of another type are complaints
// that name file, line and path.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace holter::access {

// Goes on after a complaint, so that one reading tells all. Not thread-safe.
class StrictYaml {
 public:
  using Handler = std::function<void(const YAML::Node& node, const std::string& path)>;
  using EntryHandler = std::function<void(const std::string& key, const YAML::Node& node, const std::string& path)>;

  explicit StrictYaml(std::string file) : file_(std::move(file)) {}

  // A map of these keys, each at most once; calls the handlers of those that are there.
  void ReadKeys(const YAML::Node& node, const std::string& path,
                std::initializer_list<std::pair<std::string_view, Handler>> keys);
  // A map of any keys.
  void ReadEntries(const YAML::Node& node, const std::string& path, const EntryHandler& each);
  // A list.
  void ReadItems(const YAML::Node& node, const std::string& path, const Handler& each);
  // One value that is not empty; empty after a complaint.
  std::string ReadText(const YAML::Node& node, const std::string& path);

  // `what` says what was expected, and never repeats a value that may be a secret.
  void Complain(const YAML::Node& node, const std::string& path, std::string_view what);

  // All complaints, a line each.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  const std::string file_;
  std::vector<std::string> complaints_;
};

}  // namespace holter::access
