// Secrets are references in specs and files on disk. Their values live only as long as a dial needs them.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holter {

// A value that does not print.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  // For the one place that puts it on the wire.
  const std::string& Reveal() const { return value_; }

  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "<secret>"; }

 private:
  std::string value_;
};

// Where references lead.
class SecretSource {
 public:
  virtual ~SecretSource() = default;

  // The content behind "name/key", one trailing newline taken off. NOT_FOUND: no such file; INVALID_ARGUMENT: not of
  // the form name/key (each [a-zA-Z0-9._-]+ and not "." or ".."); messages name the reference, never the content. Reads
  // at every call, so that a rotated secret is seen. Thread-safe; may block on the file system.
  virtual absl::StatusOr<Secret> Read(std::string_view reference) const = 0;
};

// Files `directory/name/key`. An empty directory means that no secrets are configured: every Read is NOT_FOUND.
class DirectorySecretSource final : public SecretSource {
 public:
  explicit DirectorySecretSource(std::string directory) : directory_(std::move(directory)) {}
  absl::StatusOr<Secret> Read(std::string_view reference) const override;

 private:
  const std::string directory_;
};

// The references of a text: "${secret:a/b}" gives "a/b". INVALID_ARGUMENT when one is not closed or malformed.
absl::StatusOr<std::vector<std::string>> FindSecretReferences(std::string_view text);

// Replaces every reference by its content.
absl::StatusOr<Secret> ExpandSecrets(std::string_view text, const SecretSource& source);

}  // namespace holter
