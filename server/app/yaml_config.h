// Lets CLI11 read --config as YAML: a flat map of flag names to values.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace holter::app {

// "grpc-listen" to "HOLTER_GRPC_LISTEN".
std::string EnvironmentName(const std::string& flag);

class YamlConfig final : public CLI::Config {
 public:
  // Not used: holterd never writes its configuration.
  std::string to_config(const CLI::App* app, bool default_also, bool write_description,
                        std::string prefix) const override;
  // Leaves out what the environment sets: CLI11 would let the file win. Throws CLI::ConversionError, which names the
  // line, when the file is not a flat map.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
};

}  // namespace holter::app
