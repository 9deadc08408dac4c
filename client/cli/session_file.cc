#include "client/cli/session_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "spec/yaml.h"

namespace holter::cli {
namespace {

absl::StatusOr<std::string> ReadText(const Invocation& invocation, const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(invocation.console.in), {});
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) {
    return absl::NotFoundError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  return text;
}

}  // namespace

void ClearOutputOnly(v1::Session& session) {
  session.clear_uid();
  session.clear_status();
  session.clear_etag();
  session.clear_create_time();
  session.clear_update_time();
  session.clear_origin();
}

absl::StatusOr<std::vector<v1::Session>> ReadSessionFile(const Invocation& invocation, const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(invocation, path);
  if (!text.ok()) return text.status();
  const std::string label = path == "-" ? "standard input" : path;
  auto sessions = spec::ParseSessionsYaml(*text, label);
  if (!sessions.ok()) return sessions.status();
  std::set<std::string> names;
  for (size_t i = 0; i < sessions->size(); ++i) {
    v1::Session& session = (*sessions)[i];
    if (session.name().empty()) {
      return absl::InvalidArgumentError(fmt::format("{}: sessions[{}].name: is required", label, i));
    }
    session.set_name(invocation.FullName(session.name()));
    if (!names.insert(session.name()).second) {
      return absl::InvalidArgumentError(
          fmt::format("{}: sessions[{}].name: {} stands twice", label, i, session.name()));
    }
    ClearOutputOnly(session);
  }
  return sessions;
}

}  // namespace holter::cli
