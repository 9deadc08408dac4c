// holter explain: what a declaration means, in words, before anybody runs it. Asks no daemon.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/session_file.h"
#include "client/cli/spec_flags.h"
#include "spec/convert.h"
#include "spec/explain.h"
#include "spec/preset_catalog.h"
#include "spec/preset_merge.h"

namespace holter::cli {
namespace {

struct ExplainFlags {
  std::vector<std::string> files;
  SpecFlags spec;  // of a preset
};

void PrintStory(Console& console, const std::string& title, const v1::SessionSpec& effective) {
  console.out << title << "\n";
  for (const std::string& line : spec::ExplainSpec(effective)) console.out << "  " << line << "\n";
}

// What is wrong, a line each. Nothing was sent.
ExitCode Refuse(Console& console, const std::string& what, const absl::Status& error, const std::string& place) {
  const std::vector<FieldViolation> violations = DetailsOf(error).violations;
  if (violations.empty()) return ReportUsage(console, fmt::format("{}: {}", what, std::string(error.message())));
  console.err << fmt::format("holter: {}: not valid\n", what);
  for (const FieldViolation& violation : violations) {
    console.err << fmt::format("  {}{}: {}\n", place, violation.field, violation.description);
  }
  return ExitCode::kUsage;
}

// The good sessions as their stories, and of the others what is wrong.
ExitCode ExplainFiles(Invocation& invocation, const ExplainFlags& flags) {
  Console& console = invocation.console;
  const absl::StatusOr<SessionFiles> files = ReadSessionFiles(invocation, flags.files);
  if (!files.ok()) return ReportUsage(console, std::string(files.status().message()));
  ExitCode code = ExitCode::kOk;
  const char* between = "";
  for (size_t i = 0; i < files->sessions.size(); ++i) {
    const v1::Session& session = files->sessions[i];
    const absl::Status status = spec::Compile(session.spec(), "spec", nullptr).status();
    std::vector<FieldViolation> violations;
    const auto effective = spec::Effective(session.spec(), spec::FieldPath("spec", violations));
    if (!status.ok() || !effective) {
      code = Refuse(console, session.name(), status, files->places[i] + ".");
      continue;
    }
    console.out << std::exchange(between, "\n");
    PrintStory(console, session.name(), *effective);
  }
  return code;
}

// What a preset wants to be told is taken from its example, as long as the user says nothing.
void FillExamples(const v1::Preset& preset, v1::SessionSpec& spec) {
  for (const v1::PresetParameter& parameter : preset.parameters()) {
    if (parameter.has_default_value() || parameter.example().empty()) continue;
    spec.mutable_parameters()->insert({parameter.name(), parameter.example()});
  }
}

ExitCode ExplainPreset(Invocation& invocation, const ExplainFlags& flags) {
  Console& console = invocation.console;
  const absl::StatusOr<const v1::Preset*> preset = spec::PresetCatalog::Embedded().Find(flags.spec.preset);
  if (!preset.ok()) return Refuse(console, "explain", preset.status(), "");
  absl::StatusOr<v1::SessionSpec> declared = BuildSpec(flags.spec);
  if (!declared.ok()) return ReportUsage(console, std::string(declared.status().message()));
  FillExamples(**preset, *declared);
  std::vector<FieldViolation> violations;
  const auto effective = spec::Complete(*declared, **preset, spec::FieldPath("spec", violations));
  if (effective) spec::CompileShared(*effective, "spec", nullptr, violations);
  if (!violations.empty()) return Refuse(console, flags.spec.preset, MakeInvalid(violations), "");
  PrintStory(console, fmt::format("{}: {}", (*preset)->name(), (*preset)->title()), *effective);
  return ExitCode::kOk;
}

}  // namespace

void AddExplainCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App* const command =
      app.add_subcommand("explain", "Tell in words what the sessions of a file, or of a preset, do; without a daemon");
  CLI::Option* const files = command->add_option("FILE", flags->files, "Files of sessions; - is standard input");
  CLI::Option* const preset =
      command->add_option("--preset", flags->spec.preset, "A preset instead; `holter presets` has them");
  files->excludes(preset);
  AddRepeated(*command, "--param", flags->spec.parameters, "NAME=VALUE of a parameter of the preset; may be repeated")
      ->needs(preset);
  AddRepeated(*command, "--without", flags->spec.without, "What not to take from the preset; may be repeated")
      ->needs(preset);
  command->callback([&invocation, flags] {
    invocation.needs_server = false;
    invocation.action = [&invocation, flags] {
      if (!flags->spec.preset.empty()) return ExplainPreset(invocation, *flags);
      if (flags->files.empty()) return ReportUsage(invocation.console, "explain: FILE is required, or --preset");
      return ExplainFiles(invocation, *flags);
    };
  });
}

}  // namespace holter::cli
