#include "base/secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/error.h"

namespace holter {
namespace {

constexpr std::string_view kOpen = "${secret:";
constexpr size_t kLargestSecret = size_t{1} << 20;

bool IsFileName(std::string_view part) {
  constexpr auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !part.empty() && part.size() <= 253 && part != "." && part != ".." &&
         std::all_of(part.begin(), part.end(), allowed);
}

bool IsReference(std::string_view reference) {
  const size_t slash = reference.find('/');
  return slash != std::string_view::npos && IsFileName(reference.substr(0, slash)) &&
         IsFileName(reference.substr(slash + 1));
}

absl::Status NotReadable(std::string_view reference) {
  return MakeError(absl::StatusCode::kNotFound, "SECRET_NOT_FOUND",
                   fmt::format("secret {} cannot be read below --secrets-dir", reference),
                   {{"secret", std::string(reference)}});
}

// Calls `literal` and `reference` for the parts of `text` in order; the first error ends it.
template <typename Literal, typename Reference>
absl::Status Walk(std::string_view text, const Literal& literal, const Reference& reference) {
  while (true) {
    const size_t open = text.find(kOpen);
    literal(text.substr(0, open));
    if (open == std::string_view::npos) {
      return absl::OkStatus();
    }
    text.remove_prefix(open + kOpen.size());
    const size_t close = text.find('}');
    if (close == std::string_view::npos || !IsReference(text.substr(0, close))) {
      return absl::InvalidArgumentError("expected a secret reference of the form ${secret:name/key}");
    }
    if (absl::Status status = reference(text.substr(0, close)); !status.ok()) {
      return status;
    }
    text.remove_prefix(close + 1);
  }
}

}  // namespace

absl::StatusOr<Secret> DirectorySecretSource::Read(std::string_view reference) const {
  if (!IsReference(reference)) {
    return absl::InvalidArgumentError("expected a secret reference of the form name/key");
  }
  if (directory_.empty()) {
    return NotReadable(reference);
  }
  std::ifstream file(fmt::format("{}/{}", directory_, reference), std::ios::binary);
  if (!file) {
    return NotReadable(reference);
  }
  std::string value;
  value.resize(kLargestSecret + 1);
  file.read(value.data(), static_cast<std::streamsize>(value.size()));
  value.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || value.size() > kLargestSecret) {
    return NotReadable(reference);
  }
  if (!value.empty() && value.back() == '\n') {
    value.pop_back();
  }
  return Secret(std::move(value));
}

absl::StatusOr<std::vector<std::string>> FindSecretReferences(std::string_view text) {
  std::vector<std::string> references;
  absl::Status status = Walk(
      text, [](std::string_view) {},
      [&](std::string_view reference) {
        references.emplace_back(reference);
        return absl::OkStatus();
      });
  if (!status.ok()) {
    return status;
  }
  return references;
}

absl::StatusOr<Secret> ExpandSecrets(std::string_view text, const SecretSource& source) {
  std::string out;
  absl::Status status = Walk(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view reference) {
        absl::StatusOr<Secret> secret = source.Read(reference);
        if (secret.ok()) {
          out += secret->Reveal();
        }
        return secret.status();
      });
  if (!status.ok()) {
    return status;
  }
  return Secret(std::move(out));
}

}  // namespace holter
