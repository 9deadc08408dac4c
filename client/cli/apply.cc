// holter apply: makes the server's declarations those of a file, name by name. What the file does not name stays as it
// is.
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "client/cli/commands.h"
#include "client/cli/flags.h"
#include "client/cli/output.h"
#include "client/cli/session_file.h"

namespace holter::cli {
namespace {

// Calls in flight: the store commits many declarations with one sync, so waiting for each in turn would waste it.
constexpr size_t kWorkers = 16;

struct ApplyFlags {
  std::string file;
  OutputFormat format = OutputFormat::kTable;
};

// What became of one session of the file.
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

ApplyOutcome ApplyOne(client::Client& client, const v1::Session& session) {
  const auto present = client.Get(session.name());
  if (absl::IsNotFound(present.status())) {
    const auto created = client.Create(session);
    return created.ok() ? ApplyOutcome{.result = "created"}
                        : ApplyOutcome{.result = "failed", .error = created.status()};
  }
  if (!present.ok()) return {.result = "failed", .error = present.status()};
  if (SameDeclaration(*present, session)) return {.result = "unchanged"};
  std::vector<std::string> mask = {"labels", "group", "spec"};
  if (session.has_paused()) mask.emplace_back("paused");
  const auto updated = client.Update(session, mask);
  if (!updated.ok()) return {.result = "failed", .error = updated.status()};
  return {.result = updated->etag() == present->etag() ? "unchanged" : "updated"};
}

std::vector<ApplyOutcome> ApplyAll(client::Client& client, const std::vector<v1::Session>& sessions) {
  std::vector<ApplyOutcome> outcomes(sessions.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> unreachable = false;
  const auto work = [&] {
    for (size_t i = next++; i < sessions.size() && !unreachable; i = next++) {
      outcomes[i] = ApplyOne(client, sessions[i]);
      if (ExitCodeOf(outcomes[i].error) == ExitCode::kUnreachable) unreachable = true;
    }
  };
  std::vector<std::jthread> workers;
  for (size_t i = 1; i < std::min(kWorkers, sessions.size()); ++i) workers.emplace_back(work);
  work();
  workers.clear();
  return outcomes;
}

ExitCode RunApply(Invocation& invocation, const ApplyFlags& flags) {
  const auto sessions = ReadSessionFile(invocation, flags.file);
  if (!sessions.ok()) return ReportUsage(invocation.console, std::string(sessions.status().message()));
  client::Client client(invocation.client_options());
  const std::vector<ApplyOutcome> outcomes = ApplyAll(client, *sessions);
  std::vector<ItemResult> results;
  ExitCode code = ExitCode::kOk;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const std::string& name = (*sessions)[i].name();
    results.push_back({.name = name, .result = outcomes[i].result, .error = std::string(outcomes[i].error.message())});
    if (outcomes[i].error.ok()) continue;
    if (ExitCodeOf(outcomes[i].error) == ExitCode::kUnreachable && code == ExitCode::kUnreachable)
      continue;  // said once
    code = std::max(code, ReportError(invocation.console, "apply " + name, outcomes[i].error));
  }
  PrintResults(invocation, flags.format, results);
  return code;
}

}  // namespace

void AddApplyCommand(CLI::App& app, Invocation& invocation) {
  auto flags = std::make_shared<ApplyFlags>();
  CLI::App* const command = app.add_subcommand("apply", "Create or update the sessions of a file")->alias("import");
  command->add_option("-f,--file", flags->file, "YAML file of sessions; - for standard input")->required();
  AddOutput(*command, flags->format);
  command->callback(
      [&invocation, flags] { invocation.action = [&invocation, flags] { return RunApply(invocation, *flags); }; });
}

}  // namespace holter::cli
