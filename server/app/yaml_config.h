// Lets CLI11 read --config as YAML: a flat map of flag names to values.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holter::app {

// "grpc-listen" to "HOLTER_GRPC_LISTEN".
std::string EnvironmentName(const std::string& flag);

class YamlConfig final : public CLI::Config {
 public:
  // The flags of `app` are the keys; it outlives this.
  explicit YamlConfig(const CLI::App& app) : app_(app) {}

  // Not used: holterd never writes its configuration.
  std::string to_config(const CLI::App* app, bool default_also, bool write_description,
                        std::string prefix) const override;
  // Leaves out what the command line or the environment sets: CLI11 would add to the one and let the file win over the
  // other. Throws CLI::ConversionError, which names file and line, when the file is not a flat map of our flags.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  // "holter.yaml:3: " for a message that names a flag which the file has set; else empty.
  std::string PlaceOf(std::string_view message) const;

 private:
  std::string Place(int line) const;

  const CLI::App& app_;
  mutable std::map<std::string, int> lines_;  // of flags that the file has set
};

}  // namespace holter::app
