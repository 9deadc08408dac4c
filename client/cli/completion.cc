// holter completion: what a shell needs to complete our command lines, made from the command line itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "client/cli/commands.h"
#include "client/cli/output.h"
#include "spec/preset_catalog.h"

namespace holter::cli {
namespace {

constexpr int kMostNames = 500;

std::string FlagsOf(const CLI::App& app) {
  std::string flags;
  for (const CLI::Option* const option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags += " --" + name;
  }
  return flags;
}

bool TakesNames(const CLI::App& command) { return command.get_option_no_throw("NAME") != nullptr; }

std::string CommandsOf(const CLI::App& app, char separator) {
  std::string commands;
  for (const CLI::App* const command : app.get_subcommands(nullptr)) {
    if (!commands.empty()) commands += separator;
    commands += command->get_name();
  }
  return commands;
}

// One line of a `case`: the command, its flags, and whether names of sessions may follow.
std::string CasesOf(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* const command : app.get_subcommands(nullptr)) {
    const std::string below = CommandsOf(*command, ' ');
    cases += fmt::format("    {}) words='{}{}{}'; names={} ;;\n", command->get_name(), below, below.empty() ? "" : " ",
                         FlagsOf(*command), TakesNames(*command) ? 1 : 0);
  }
  return cases;
}

// `$1` is the word before which the command is sought; both shells run it, each with its own words.
std::string SharedFunction(const CLI::App& app) {
  return fmt::format(
      "_holter_words() {{\n"
      "  local command= names=0 words= word\n"
      "  for word in \"$@\"; do\n"
      "    case $word in {}) command=${{command:-$word}} ;; esac\n"
      "  done\n"
      "  case $word in --preset|show) printf '%s' '{}'; return ;; esac\n"
      "  case $command in\n"
      "    '') words='{}' ;;\n"
      "{}"
      "  esac\n"
      "  printf '%s' \"$words{}\"\n"
      "  if [ $names = 1 ]; then printf ' '; holter completion names 2>/dev/null | tr '\\n' ' '; fi\n"
      "}}\n",
      CommandsOf(app, '|'), fmt::join(spec::PresetCatalog::Embedded().Names(), " "), CommandsOf(app, ' '), CasesOf(app),
      FlagsOf(app));
}

std::string BashScript(const CLI::App& app) {
  return SharedFunction(app) +
         "_holter() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]}\n"
         "  COMPREPLY=($(compgen -W \"$(_holter_words \"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _holter holter\n";
}

std::string ZshScript(const CLI::App& app) {
  return "#compdef holter\n" + SharedFunction(app) +
         "_holter() {\n"
         "  compadd -- ${=\"$(_holter_words \"${(@)words[2,CURRENT-1]}\")\"}\n"
         "}\n"
         "compdef _holter holter\n";
}

// For the scripts: nothing is said when the server is away.
ExitCode PrintNames(Invocation& invocation) {
  client::Client client(invocation.client_options());
  const auto sessions = client.List(invocation.parent(), {.limit = kMostNames});
  if (!sessions.ok()) return ExitCode::kUnreachable;
  for (const v1::Session& session : *sessions) invocation.console.out << invocation.DisplayName(session.name()) << "\n";
  return ExitCode::kOk;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Invocation& invocation) {
  auto shell = std::make_shared<std::string>();
  CLI::App* const command =
      app.add_subcommand("completion", "Print what bash or zsh needs: source <(holter completion bash)");
  command->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh", "names"}));
  command->callback([&app, &invocation, shell] {
    invocation.needs_server = *shell == "names";
    invocation.action = [&app, &invocation, shell] {
      if (*shell == "names") return PrintNames(invocation);
      invocation.console.out << (*shell == "bash" ? BashScript(app) : ZshScript(app));
      return ExitCode::kOk;
    };
  });
}

}  // namespace holter::cli
