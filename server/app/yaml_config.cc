#include "app/yaml_config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace holter::app {

std::string EnvironmentName(const std::string& flag) {
  std::string name = "HOLTER_" + flag;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  return name;
}

std::string YamlConfig::to_config(const CLI::App* /*app*/, bool /*default_also*/, bool /*write_description*/,
                                  std::string /*prefix*/) const {
  return "";
}

std::vector<CLI::ConfigItem> YamlConfig::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> parsed;
  try {
    const YAML::Node root = YAML::Load(input);
    if (root.IsNull()) {
      return parsed;
    }
    if (!root.IsMap()) {
      throw CLI::ConversionError("--config: expected a map of flag names to values");
    }
    for (const auto& entry : root) {
      if (!entry.second.IsScalar()) {
        throw CLI::ConversionError(fmt::format("--config, line {}: {}: expected one value",
                                               entry.second.Mark().line + 1, entry.first.as<std::string>()));
      }
      CLI::ConfigItem item;
      item.name = entry.first.as<std::string>();
      item.inputs = {entry.second.as<std::string>()};
      if (std::getenv(EnvironmentName(item.name).c_str()) == nullptr) {
        parsed.push_back(std::move(item));
      }
    }
  } catch (const YAML::Exception& error) {
    throw CLI::ConversionError(fmt::format("--config, line {}: {}", error.mark.line + 1, error.msg));
  }
  return parsed;
}

}  // namespace holter::app
