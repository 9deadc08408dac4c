#include "client/cli/local_secrets.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

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
  errno = 0;
  std::ifstream stream(file->second, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (!stream) return absl::NotFoundError(fmt::format("cannot read {}: {}", file->second, std::strerror(errno)));
  if (text.ends_with('\n')) text.pop_back();
  return Secret(std::move(text));
}

}  // namespace holter::cli
