#include "registry/sessions_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "spec/yaml.h"

namespace holter::registry {
namespace {

absl::Status CannotRead(const std::string& path, const std::error_code& error) {
  return MakeError(absl::StatusCode::kUnavailable, "SESSIONS_DIR_UNREADABLE",
                   fmt::format("cannot read {}: {}", path, error.message()), {{"path", path}});
}

bool IsSessionsFile(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return !path.filename().string().starts_with(".") &&
         (extension == ".yaml" || extension == ".yml" || extension == ".json");
}

// File names, sorted. What a name leads to is looked at when it is read.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  if (error) return CannotRead(directory, error);
  std::vector<std::string> files;
  for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    if (IsSessionsFile(entries->path())) files.push_back(entries->path().filename().string());
  }
  if (error) return CannotRead(directory, error);
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) return CannotRead(path, std::error_code(errno, std::generic_category()));
  return text;
}

}  // namespace

absl::StatusOr<std::string> FingerprintSessions(const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> files = ListFiles(directory);
  if (!files.ok()) return files.status();
  std::string fingerprint;
  for (const std::string& file : *files) {
    const std::string path = fmt::format("{}/{}", directory, file);
    struct stat info {};
    // A name that leads nowhere counts as well; reading it will say so.
    const bool found = ::stat(path.c_str(), &info) == 0;
    fingerprint += fmt::format("{}\n{} {} {} {} {}.{:09}\n", file, found, info.st_dev, info.st_ino, info.st_size,
                               info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }
  return fingerprint;
}

absl::StatusOr<DeclaredSessions> ReadSessions(const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> files = ListFiles(directory);
  if (!files.ok()) return files.status();
  DeclaredSessions declared;
  declared.files = files->size();
  for (const std::string& file : *files) {
    const absl::StatusOr<std::string> text = ReadText(fmt::format("{}/{}", directory, file));
    if (!text.ok()) return text.status();
    absl::StatusOr<std::vector<v1::Session>> sessions = spec::ParseSessionsYaml(*text, file);
    if (!sessions.ok()) return sessions.status();
    for (v1::Session& session : *sessions) {
      const auto [first, is_new] = declared.file_of.emplace(session.name(), file);
      if (!is_new) {
        return MakeError(absl::StatusCode::kInvalidArgument, "DECLARED_TWICE",
                         fmt::format("{} is declared in {} and again in {}", session.name(), first->second, file),
                         {{"name", session.name()}, {"first_file", first->second}, {"second_file", file}});
      }
      declared.sessions.push_back(std::move(session));
    }
  }
  return declared;
}

absl::Status WithFiles(const absl::Status& status, const DeclaredSessions& declared) {
  ErrorDetails details = DetailsOf(status);
  const auto file_of = [&declared](std::string_view name) -> std::string {
    const auto found = declared.file_of.find(std::string(name));
    return found == declared.file_of.end() ? "" : found->second + ": ";
  };
  if (!details.violations.empty()) {
    for (FieldViolation& violation : details.violations) {
      // Names hold no dots and no brackets.
      violation.field.insert(0,
                             file_of(std::string_view(violation.field).substr(0, violation.field.find_first_of(".["))));
    }
    return MakeInvalid(details.violations);
  }
  for (const auto& [key, value] : details.metadata) {
    if (key != "name") continue;
    return MakeError(status.code(), details.reason, file_of(value) + std::string(status.message()), details.metadata);
  }
  return status;
}

}  // namespace holter::registry
