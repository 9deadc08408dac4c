// holter presets: the dialects that Holter knows; those of this binary, or of the server that is named.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/words.h"
#include "spec/enum_words.h"
#include "spec/preset_catalog.h"

namespace holter::cli {
namespace {

struct PresetsFlags {
  std::string name;
  bool transcript = false;
  bool markdown = false;
  OutputFormat format = OutputFormat::kTable;
};

bool NamesServer(const Invocation& invocation) {
  return invocation.connection.server.has_value() || invocation.connection.context.has_value();
}

absl::StatusOr<std::vector<v1::Preset>> AllPresets(Invocation& invocation) {
  if (NamesServer(invocation)) return client::Client(invocation.client_options()).ListPresets();
  const auto embedded = spec::PresetCatalog::Embedded().All();
  if (!embedded.ok()) return embedded.status();
  std::vector<v1::Preset> presets;
  for (const v1::Preset* const preset : *embedded) presets.push_back(*preset);
  return presets;
}

absl::StatusOr<v1::Preset> OnePreset(Invocation& invocation, const std::string& name) {
  if (NamesServer(invocation)) return client::Client(invocation.client_options()).GetPreset(name);
  const absl::StatusOr<const v1::Preset*> preset = spec::PresetCatalog::Embedded().Find(name);
  if (!preset.ok()) return preset.status();
  return **preset;
}

std::string EvidenceWord(v1::Evidence evidence) {
  const auto* const value = v1::Evidence_descriptor()->FindValueByNumber(evidence);
  return value == nullptr ? "" : absl::AsciiStrToLower(std::string(spec::ShortWord(*value)));
}

// "room, every=20s": what has to be given stands alone.
std::string ParameterWords(const v1::Preset& preset) {
  std::vector<std::string> words;
  for (const v1::PresetParameter& parameter : preset.parameters()) {
    words.push_back(parameter.has_default_value() ? fmt::format("{}={}", parameter.name(), parameter.default_value())
                                                  : parameter.name());
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

// A cell of a table of Markdown.
std::string Escaped(std::string text) {
  for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

void PrintMarkdown(Console& console, const std::vector<v1::Preset>& presets) {
  console.out
      << "# Presets\n\n"
         "What `preset:` takes in a spec, made of `presets/*.yaml` by `holter presets --markdown`; "
         "`holter presets show NAME` has the spec.\n"
         "Evidence: `observed` on the wire of a real server, read in its or its clients' `source`, or `documented`. "
         "A parameter without `=` has to be given.\n\n"
         "| preset | dialect | evidence | parameters | tested with |\n|---|---|---|---|---|\n";
  for (const v1::Preset& preset : presets) {
    const std::string parameters = ParameterWords(preset);
    console.out << fmt::format("| `{}` | {} | {} | {} | {} |\n", preset.name(), Escaped(preset.title()),
                               EvidenceWord(preset.evidence()),
                               parameters.empty() ? "" : "`" + Escaped(parameters) + "`",
                               preset.tested_with().empty() ? "transcript" : Escaped(preset.tested_with()));
  }
}

ExitCode ListPresets(Invocation& invocation, const PresetsFlags& flags) {
  const auto presets = AllPresets(invocation);
  if (!presets.ok()) return ReportError(invocation.console, "presets", presets.status());
  if (flags.markdown) {
    PrintMarkdown(invocation.console, *presets);
  } else if (flags.format == OutputFormat::kTable) {
    Table table({"NAME", "TITLE", "EVIDENCE", "PARAMETERS"});
    for (const v1::Preset& preset : *presets) {
      table.Add({{preset.name()}, {preset.title()}, {EvidenceWord(preset.evidence())}, {ParameterWords(preset)}});
    }
    for (const std::string& line : table.Lines(invocation.console.color)) invocation.console.out << line << "\n";
  } else {
    v1::ListPresetsResponse response;
    for (const v1::Preset& preset : *presets) {
      *response.add_presets() = preset;
      response.mutable_presets()->rbegin()->clear_transcript();
    }
    PrintMessage(invocation.console, flags.format, response);
  }
  return ExitCode::kOk;
}

ExitCode ShowPreset(Invocation& invocation, const PresetsFlags& flags) {
  absl::StatusOr<v1::Preset> preset = OnePreset(invocation, flags.name);
  if (!preset.ok()) return ReportError(invocation.console, "presets show " + flags.name, preset.status());
  if (!flags.transcript) preset->clear_transcript();
  PrintMessage(invocation.console, flags.format, *preset);
  return ExitCode::kOk;
}

// `run` with the server, if one is named.
ExitCode WithConnection(Invocation& invocation, const PresetsFlags& flags,
                        ExitCode (*run)(Invocation&, const PresetsFlags&)) {
  if (NamesServer(invocation)) {
    const absl::Status status = ResolveConnection(invocation.connection, invocation);
    if (!status.ok()) return ReportUsage(invocation.console, std::string(status.message()));
  }
  return run(invocation, flags);
}

}  // namespace

void AddPresetsCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<PresetsFlags>();
  CLI::App* const command =
      app.add_subcommand("presets", "Show the dialects that a spec can name; with --server those that holterd knows");
  command->add_flag("--markdown", flags->markdown, "As the page docs/presets.md");
  AddOutput(*command, flags->format);
  CLI::App* const show = command->add_subcommand("show", "Show one with its spec, as YAML or with -o as JSON");
  show->add_option("PRESET", flags->name, "discord")->required();
  show->add_flag("--transcript", flags->transcript, "With the conversation that tests it");
  command->callback([&invocation, flags, show] {
    invocation.needs_server = false;
    invocation.action = [&invocation, flags, show] {
      return WithConnection(invocation, *flags, show->parsed() ? ShowPreset : ListPresets);
    };
  });
}

}  // namespace holter::cli
