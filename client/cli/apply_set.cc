#include "client/cli/apply_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "client/cli/set_diff.h"

namespace holter::cli {
namespace {

constexpr size_t kMostToGet = 1000;  // BatchGetSessionsRequest

// `sessions[17].spec.url`, counted over all files, becomes `feeds.yaml: sessions[3] (feed-17): spec.url`.
std::string FileWords(const Invocation& invocation, const SessionFiles& files, const std::string& field) {
  constexpr std::string_view prefix = "sessions[";
  const size_t end = field.find(']');
  size_t index = 0;
  if (!field.starts_with(prefix) || end == std::string::npos ||
      !absl::SimpleAtoi(field.substr(prefix.size(), end - prefix.size()), &index) || index >= files.sessions.size()) {
    return field;
  }
  const std::string name = invocation.DisplayName(files.sessions[index].name());
  const std::string rest = field.substr(std::min(field.size(), end + 2));
  return fmt::format("{} ({}){}{}", files.places[index], name, rest.empty() ? "" : ": ", rest);
}

// What a dry run would update, as it is now and as it would be. A session that somebody deletes meanwhile costs those
// that are asked for with it their values, and no more.
std::map<std::string, SessionChangeOf> ValuesOf(client::Client& client, const Invocation& invocation,
                                                const v1::ApplySessionsResponse& applied, const SessionFiles& files,
                                                const std::string& owner) {
  std::map<std::string, const v1::Session*> wanted;
  for (const v1::Session& session : files.sessions) wanted.emplace(session.name(), &session);
  std::vector<std::string> names;
  for (const v1::ApplyResult& result : applied.results()) {
    if (result.action() == v1::ApplyResult::ACTION_UPDATED && wanted.contains(result.name())) {
      names.push_back(result.name());
    }
  }
  std::map<std::string, SessionChangeOf> values;
  for (size_t begin = 0; begin < names.size(); begin += kMostToGet) {
    const size_t end = std::min(names.size(), begin + kMostToGet);
    auto present = client.BatchGet(invocation.parent(), {names.begin() + static_cast<std::ptrdiff_t>(begin),
                                                         names.begin() + static_cast<std::ptrdiff_t>(end)});
    if (!present.ok()) continue;
    for (v1::Session& before : *present) {
      SessionChangeOf& change = values[before.name()];
      change.after = *wanted.at(before.name());
      change.after.set_owner(owner);
      change.before = std::move(before);
    }
  }
  return values;
}

bool WouldChange(const v1::ApplySummary& summary) {
  return summary.created() + summary.updated() + summary.deleted() > 0;
}

}  // namespace

ExitCode RunApplySet(Invocation& invocation, const SessionFiles& files, const ApplySetFlags& flags) {
  client::Client client(invocation.client_options());
  const auto applied = client.Apply(invocation.parent(), flags.owner, files.sessions,
                                    {.dry_run = flags.dry_run, .prune = flags.prune, .lease_ttl = flags.lease_ttl});
  if (!applied.ok()) {
    return ReportError(invocation.console, "apply the sessions of " + flags.owner, applied.status(),
                       [&](const std::string& field) { return FileWords(invocation, files, field); });
  }
  if (flags.format != OutputFormat::kTable) {
    PrintMessage(invocation.console, flags.format, *applied);
  } else {
    const auto values = flags.dry_run ? ValuesOf(client, invocation, *applied, files, flags.owner)
                                      : std::map<std::string, SessionChangeOf>();
    for (const std::string& line : SetDiffLines(invocation, *applied, values)) invocation.console.out << line << "\n";
    invocation.console.out << SetSummaryLine(applied->summary(), flags.dry_run) << "\n";
  }
  return flags.exit_code && WouldChange(applied->summary()) ? ExitCode::kDiffers : ExitCode::kOk;
}

}  // namespace holter::cli
