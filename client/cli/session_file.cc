#include "client/cli/session_file.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>

#include "base/read_file.h"
#include "spec/yaml.h"

namespace holter::cli {
namespace {

absl::StatusOr<std::string> ReadText(const Invocation& invocation, const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(invocation.console.in), {});
  return ReadWholeFile(path);
}

}  // namespace

void ClearOutputOnly(v1::Session& session) {
  session.clear_uid();
  session.clear_status();
  session.clear_etag();
  session.clear_create_time();
  session.clear_update_time();
  session.clear_origin();
  session.clear_owner();
  session.clear_expire_time();
  session.clear_effective_spec();
}

absl::StatusOr<std::vector<v1::Session>> ReadSessionFile(const Invocation& invocation, const std::string& path) {
  absl::StatusOr<SessionFiles> files = ReadSessionFiles(invocation, {path});
  if (!files.ok()) return files.status();
  return std::move(files->sessions);
}

absl::StatusOr<SessionFiles> ReadSessionFiles(const Invocation& invocation, const std::vector<std::string>& paths) {
  SessionFiles files;
  std::map<std::string, std::string> place_of;
  for (const std::string& path : paths) {
    const absl::StatusOr<std::string> text = ReadText(invocation, path);
    if (!text.ok()) return text.status();
    const std::string label = path == "-" ? "standard input" : path;
    auto sessions = spec::ParseSessionsYaml(*text, label);
    if (!sessions.ok()) return sessions.status();
    for (size_t i = 0; i < sessions->size(); ++i) {
      v1::Session& session = (*sessions)[i];
      const std::string place = fmt::format("{}: sessions[{}]", label, i);
      if (session.name().empty()) return absl::InvalidArgumentError(place + ".name: is required");
      session.set_name(invocation.FullName(session.name()));
      if (const auto [first, fresh] = place_of.try_emplace(session.name(), place); !fresh) {
        return absl::InvalidArgumentError(
            fmt::format("{}.name: {} stands twice, first in {}", place, session.name(), first->second));
      }
      ClearOutputOnly(session);
      files.sessions.push_back(std::move(session));
      files.places.push_back(place);
    }
  }
  return files;
}

}  // namespace holter::cli
