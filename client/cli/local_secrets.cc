#include "client/cli/local_secrets.h"

#include <fmt/format.h>

#include <utility>

#include "base/read_file.h"

namespace holter::cli {

std::string LocalSecretSource::NewReference() const { return fmt::format("local/{}", files_.size() + values_.size()); }

std::string LocalSecretSource::AddFile(const std::string& path) {
  std::string reference = NewReference();
  files_[reference] = path;
  return reference;
}

std::string LocalSecretSource::AddValue(std::string value) {
  std::string reference = NewReference();
  values_[reference] = std::move(value);
  return reference;
}

absl::StatusOr<Secret> LocalSecretSource::Read(std::string_view reference) const {
  if (const auto value = values_.find(reference); value != values_.end()) return Secret(value->second);
  const auto file = files_.find(reference);
  if (file == files_.end())
    return absl::NotFoundError(fmt::format("there is no secret {} on a command line", reference));
  absl::StatusOr<std::string> text = ReadWholeFile(file->second);
  if (!text.ok()) return text.status();
  if (text->ends_with('\n')) text->pop_back();
  return Secret(*std::move(text));
}

}  // namespace holter::cli
