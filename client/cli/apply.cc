// holter apply: makes the server's declarations those of files: the whole set of an owner at once, or else name by
// name, and then what the files do not name stays as it is.
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "client/cli/apply_set.h"
#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/session_file.h"

namespace holter::cli {
namespace {

// Calls in flight: the store commits many declarations with one sync, so waiting for each in turn would waste it.
constexpr size_t kWorkers = 16;

struct ApplyFlags : ApplySetFlags {
  std::vector<std::string> files;
};

// What became of one session of the files.
struct ApplyOutcome {
  const char* result = "skipped";
  absl::Status error{};
};

// What the file is silent about is left as it is.
bool SameDeclaration(const v1::Session& present, const v1::Session& wanted) {
  if (wanted.has_paused() && wanted.paused() != present.paused()) return false;
  v1::Session left;
  v1::Session right;
  for (auto [from, to] : {std::pair(&present, &left), std::pair(&wanted, &right)}) {
    to->set_group(from->group());
    *to->mutable_labels() = from->labels();
    *to->mutable_spec() = from->spec();
  }
  return google::protobuf::util::MessageDifferencer::Equals(left, right);
}

ApplyOutcome ApplyOne(client::Client& client, const v1::Session& session, bool dry_run) {
  const client::ChangeOptions change{.validate_only = dry_run};
  const auto present = client.Get(session.name());
  if (absl::IsNotFound(present.status())) {
    const auto created = client.Create(session, change);
    return created.ok() ? ApplyOutcome{.result = dry_run ? "would be created" : "created"}
                        : ApplyOutcome{.result = "failed", .error = created.status()};
  }
  if (!present.ok()) return {.result = "failed", .error = present.status()};
  if (SameDeclaration(*present, session)) return {.result = "unchanged"};
  std::vector<std::string> mask = {"labels", "group", "spec"};
  if (session.has_paused()) mask.emplace_back("paused");
  const auto updated = client.Update(session, mask, change);
  if (!updated.ok()) return {.result = "failed", .error = updated.status()};
  if (dry_run) return {.result = "would be updated"};
  return {.result = updated->etag() == present->etag() ? "unchanged" : "updated"};
}

std::vector<ApplyOutcome> ApplyAll(client::Client& client, const std::vector<v1::Session>& sessions, bool dry_run) {
  std::vector<ApplyOutcome> outcomes(sessions.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> unreachable = false;
  const auto work = [&] {
    for (size_t i = next++; i < sessions.size() && !unreachable; i = next++) {
      outcomes[i] = ApplyOne(client, sessions[i], dry_run);
      if (ExitCodeOf(outcomes[i].error) == ExitCode::kUnreachable) unreachable = true;
    }
  };
  std::vector<std::jthread> workers;
  for (size_t i = 1; i < std::min(kWorkers, sessions.size()); ++i) workers.emplace_back(work);
  work();
  workers.clear();
  return outcomes;
}

ExitCode RunApplyEach(Invocation& invocation, const std::vector<v1::Session>& sessions, const ApplyFlags& flags) {
  client::Client client(invocation.client_options());
  const std::vector<ApplyOutcome> outcomes = ApplyAll(client, sessions, flags.dry_run);
  std::vector<ItemResult> results;
  ExitCode code = ExitCode::kOk;
  bool differs = false;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const std::string& name = sessions[i].name();
    results.push_back({.name = name, .result = outcomes[i].result, .error = std::string(outcomes[i].error.message())});
    differs = differs || std::string_view(outcomes[i].result).starts_with("would be");
    if (outcomes[i].error.ok()) continue;
    if (ExitCodeOf(outcomes[i].error) == ExitCode::kUnreachable && code == ExitCode::kUnreachable)
      continue;  // said once
    code = std::max(code, ReportError(invocation.console, "apply " + name, outcomes[i].error));
  }
  PrintResults(invocation, flags.format, results);
  return code == ExitCode::kOk && flags.exit_code && differs ? ExitCode::kDiffers : code;
}

ExitCode RunApply(Invocation& invocation, const ApplyFlags& flags) {
  const auto files = ReadSessionFiles(invocation, flags.files);
  if (!files.ok()) return ReportUsage(invocation.console, std::string(files.status().message()));
  return flags.owner.empty() ? RunApplyEach(invocation, files->sessions, flags)
                             : RunApplySet(invocation, *files, flags);
}

}  // namespace

void AddApplyCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<ApplyFlags>();
  CLI::App* const command =
      app.add_subcommand("apply", "Create or update the sessions of files, or the whole set of an owner")
          ->alias("import");
  command->add_option("-f,--file", flags->files, "YAML files of sessions; - for standard input")->required();
  CLI::Option* const owner = command->add_option(
      "--owner", flags->owner, "The files are the whole set of this owner: all of it in one commit, or nothing");
  command->add_flag("--prune", flags->prune, "Delete the owner's sessions that the files do not have")->needs(owner);
  AddDuration(*command, "--lease-ttl", flags->lease_ttl,
              "Delete the owner's sessions after this time, 5s to 24h, unless applied or renewed; 0s: never")
      ->needs(owner);
  CLI::Option* const dry_run =
      command->add_flag("--dry-run", flags->dry_run, "Show what would change, and change nothing");
  command->add_flag("--exit-code", flags->exit_code, "Exit with 5 if something would change")->needs(dry_run);
  AddOutput(*command, flags->format);
  command->callback([&invocation, flags, owner] {
    // An empty variable of a script must not become another way to apply.
    if (owner->count() > 0 && flags->owner.empty()) throw CLI::ValidationError("--owner: expected a name");
    invocation.action = [&invocation, flags] { return RunApply(invocation, *flags); };
  });
}

}  // namespace holter::cli
