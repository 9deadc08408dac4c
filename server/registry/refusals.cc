#include "registry/refusals.h"

#include <fmt/format.h>

namespace holter::registry {

absl::StatusOr<SessionName> ParseNameField(std::string_view field, const std::string& text) {
  absl::StatusOr<SessionName> name = ParseSessionName(text);
  if (name.ok()) return name;
  return MakeInvalid({{.field = std::string(field), .description = std::string(name.status().message())}});
}

absl::Status SessionNotFound(const std::string& name) {
  return MakeError(absl::StatusCode::kNotFound, "SESSION_NOT_FOUND", fmt::format("there is no session {}", name),
                   {{"name", name}});
}

absl::Status SessionExists(const std::string& name) {
  return MakeError(absl::StatusCode::kAlreadyExists, "SESSION_EXISTS", fmt::format("{} already exists", name),
                   {{"name", name}});
}

absl::Status ConcurrentChange(const std::string& name) {
  return MakeError(absl::StatusCode::kAborted, "CONCURRENT_CHANGE",
                   fmt::format("too many changes of {} wait for each other", name), {{"name", name}});
}

absl::Status CheckNotFiled(const SessionRecord& record) {
  if (record.origin != v1::ORIGIN_FILE) return absl::OkStatus();
  const std::string name = record.Name();
  return MakeError(absl::StatusCode::kFailedPrecondition, "FILE_MANAGED",
                   fmt::format("{} is declared in a file and changes only there", name), {{"name", name}});
}

absl::Status CheckChangeable(const SessionRecord& record, std::string_view owner) {
  if (absl::Status status = CheckNotFiled(record); !status.ok()) return status;
  if (record.owner().empty() || record.owner() == owner) return absl::OkStatus();
  const std::string name = record.Name();
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "OWNED_BY_OTHER",
      fmt::format("{} is declared by the owner {} and changes only by its ApplySessions", name, record.owner()),
      {{"name", name}, {"owner", std::string(record.owner())}});
}

absl::Status CheckEtag(const std::string& etag, const SessionRecord& record) {
  const std::string current = FormatEtag(record.revision);
  if (etag.empty() || etag == current) return absl::OkStatus();
  const std::string name = record.Name();
  return MakeError(
      absl::StatusCode::kAborted, "ETAG_MISMATCH",
      fmt::format("{} has changed: its etag is {} and not {}; get it and decide anew", name, current, etag),
      {{"name", name}, {"etag", current}});
}

}  // namespace holter::registry
