// Secrets of `holter ping`: the user's own files and headers. A spec only refers to secrets, whoever reads it.
#pragma once

#include <map>
#include <string>

#include "base/secret.h"

namespace holter::cli {

// Filled before use, then constant.
class LocalSecretSource final : public SecretSource {
 public:
  // A file of the user, read at every dial. Returns the reference.
  std::string AddFile(const std::string& path);
  // A value of the command line. Returns the reference.
  std::string AddValue(std::string value);

  absl::StatusOr<Secret> Read(std::string_view reference) const override;

 private:
  std::string NewReference() const;

  std::map<std::string, std::string, std::less<>> files_;   // path by reference
  std::map<std::string, std::string, std::less<>> values_;  // by reference
};

}  // namespace holter::cli
