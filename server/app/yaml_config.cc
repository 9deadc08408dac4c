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

std::string YamlConfig::Place(int line) const {
  return fmt::format("{}:{}: ", app_.get_config_ptr()->as<std::string>(), line + 1);
}

std::string YamlConfig::PlaceOf(std::string_view message) const {
  const size_t begin = message.find("--");
  if (begin == std::string_view::npos) {
    return "";
  }
  const size_t end = message.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", begin);
  const auto found = lines_.find(std::string(message.substr(begin + 2, end - begin - 2)));
  return found == lines_.end() ? "" : Place(found->second);
}

std::vector<CLI::ConfigItem> YamlConfig::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> parsed;
  try {
    const YAML::Node root = YAML::Load(input);
    if (root.IsNull()) {
      return parsed;
    }
    if (!root.IsMap()) {
      throw CLI::ConversionError(Place(root.Mark().line) + "expected a map of flag names to values");
    }
    for (const auto& entry : root) {
      const std::string name = entry.first.as<std::string>();
      const int line = entry.first.Mark().line;
      const CLI::Option* const option = app_.get_option_no_throw("--" + name);
      if (option == nullptr || !option->get_configurable()) {
        throw CLI::ConversionError(fmt::format("{}there is no key {}", Place(line), name));
      }
      if (!entry.second.IsScalar()) {
        throw CLI::ConversionError(fmt::format("{}{}: expected one value", Place(line), name));
      }
      // A variable that is set but empty says nothing, as CLI11 has it.
      const char* const variable = std::getenv(EnvironmentName(name).c_str());
      if (option->count() > 0 || (variable != nullptr && *variable != '\0')) {
        continue;
      }
      CLI::ConfigItem item;
      item.name = name;
      item.inputs = {entry.second.as<std::string>()};
      parsed.push_back(std::move(item));
      lines_[name] = line;
    }
  } catch (const YAML::Exception& error) {
    throw CLI::ConversionError(Place(error.mark.line) + error.msg);
  }
  return parsed;
}

}  // namespace holter::app
