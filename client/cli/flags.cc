#include "client/cli/flags.h"

#include <map>

#include "base/duration_text.h"

namespace holter::cli {

CLI::Option* AddDuration(CLI::App& command, const std::string& name, Duration& value, const std::string& description) {
  const auto parse = [name, &value](const std::string& text) {
    const absl::StatusOr<Duration> parsed = ParseDuration(text);
    if (!parsed.ok()) throw CLI::ValidationError(name, std::string(parsed.status().message()));
    value = *parsed;
  };
  return command.add_option_function<std::string>(name, parse, description)
      ->type_name("DURATION")
      ->default_str(FormatDuration(value));
}

CLI::Option* AddOutput(CLI::App& command, OutputFormat& format) {
  static const std::map<std::string, OutputFormat> kFormats = {
      {"table", OutputFormat::kTable}, {"json", OutputFormat::kJson}, {"yaml", OutputFormat::kYaml}};
  return command.add_option("-o,--output", format, "table, json or yaml")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->type_name("FORMAT")
      ->default_str("table");
}

CLI::Option* AddDryRun(CLI::App& command, client::ChangeOptions& change) {
  return command.add_flag("--dry-run", change.validate_only, "Let the server check everything, and change nothing");
}

CLI::Option* AddRequestId(CLI::App& command, client::ChangeOptions& change) {
  return command
      .add_option("--request-id", change.request_id,
                  "UUID of version 4; the same change with the same id is made once; default: a new one")
      ->type_name("UUID");
}

CLI::Option* AddEtag(CLI::App& command, client::ChangeOptions& change) {
  return command.add_option("--etag", change.etag, "Only if the session has this etag still");
}

CLI::Option* AddFilter(CLI::App& command, std::string& filter) {
  return command.add_option(
      "--filter", filter,
      "Which sessions, such as 'health = DOWN AND group = feeds'; ListSessionsRequest has the words");
}

CLI::Option* AddRepeated(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                         const std::string& description) {
  return command.add_option(name, values, description)->allow_extra_args(false);
}

}  // namespace holter::cli
