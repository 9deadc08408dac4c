#include "registry/sessions_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/read_file.h"
#include "base/session_name.h"
#include "registry/declaration_compiler.h"
#include "registry/lease_table.h"
#include "registry/request_fields.h"
#include "spec/yaml.h"

namespace holter::registry {
namespace {

absl::Status CannotRead(const std::string& path, std::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, "SESSIONS_DIR_UNREADABLE", message, {{"path", path}});
}

bool IsSessionsFile(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

// Calls `visit` with each entry that is not hidden.
absl::Status EachEntry(const std::filesystem::path& directory,
                       const std::function<void(const std::filesystem::directory_entry&)>& visit) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    if (!entries->path().filename().string().starts_with(".")) visit(*entries);
  }
  if (!error) return absl::OkStatus();
  return CannotRead(directory.string(), fmt::format("cannot read {}: {}", directory.string(), error.message()));
}

// Paths of files below the directory and the folders in it, sorted. What a name leads to is looked at when it is read.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory) {
  std::vector<std::string> files;
  std::vector<std::string> folders;
  absl::Status status = EachEntry(directory, [&](const std::filesystem::directory_entry& entry) {
    std::error_code ignored;
    std::string name = entry.path().filename().string();
    if (entry.is_directory(ignored)) {
      folders.push_back(std::move(name));
    } else if (IsSessionsFile(name)) {
      files.push_back(std::move(name));
    }
  });
  for (const std::string& folder : folders) {
    if (!status.ok()) break;
    status = EachEntry(fmt::format("{}/{}", directory, folder), [&](const std::filesystem::directory_entry& entry) {
      if (IsSessionsFile(entry.path())) files.push_back(fmt::format("{}/{}", folder, entry.path().filename().string()));
    });
  }
  if (!status.ok()) return status;
  std::sort(files.begin(), files.end());
  return files;
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
    const std::string path = fmt::format("{}/{}", directory, file);
    const absl::StatusOr<std::string> text = ReadWholeFile(path);
    if (!text.ok()) return CannotRead(path, std::string(text.status().message()));
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

absl::Status CheckSessions(const DeclaredSessions& declared) {
  LeaseTable leases(&SystemClock());
  DeclarationCompiler compiler(&leases);
  std::vector<FieldViolation> violations;
  for (const v1::Session& session : declared.sessions) {
    const std::optional<SessionName> name = DeclaredName(session, violations);
    if (!name.has_value()) continue;
    const absl::Status status = compiler.Compile(*name, session, session.name(), nullptr, {}).status();
    if (!status.ok() && !AppendViolations(status, violations)) return WithFiles(status, declared);
  }
  return violations.empty() ? absl::OkStatus() : WithFiles(MakeInvalid(violations), declared);
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
