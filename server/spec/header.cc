#include "spec/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"

namespace holter::spec {
namespace {

constexpr size_t kLongestHeaderName = 128;
constexpr size_t kLongestHeaderValue = 4096;

// Written by Holter itself, or they change what the rest of the request means.
constexpr std::array<std::string_view, 9> kReserved = {
    "host", "connection", "upgrade", "content-length", "transfer-encoding", "te", "trailer", "keep-alive", "expect"};
constexpr std::array<std::string_view, 2> kReservedPrefixes = {"sec-websocket-", "proxy-"};
// What the metadata services of clouds ask for as a proof that nobody was tricked into asking: Google and IBM, Azure,
// Amazon, Alibaba.
constexpr std::array<std::string_view, 3> kMetadata = {"metadata", "metadata-flavor", "x-google-metadata-request"};
constexpr std::array<std::string_view, 2> kMetadataPrefixes = {"x-aws-ec2-metadata-", "x-aliyun-ecs-metadata-"};
// They carry credentials.
constexpr std::array<std::string_view, 3> kSecretOnly = {"authorization", "cookie", "proxy-authorization"};

bool IsValueCharacter(char c) { return c == '\t' || (c >= ' ' && c <= '~'); }

bool IsValue(std::string_view text) { return std::all_of(text.begin(), text.end(), IsValueCharacter); }

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

template <typename List>
bool BeginsWithAny(std::string_view name, const List& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool IsReserved(std::string_view lower) {
  return Contains(kReserved, lower) || (!Contains(kSecretOnly, lower) && BeginsWithAny(lower, kReservedPrefixes));
}

bool OpensMetadata(std::string_view lower) {
  return Contains(kMetadata, lower) || BeginsWithAny(lower, kMetadataPrefixes);
}

void CheckName(const std::string& name, const FieldPath& at) {
  if (!IsToken(name, kLongestHeaderName)) {
    at.Refuse(
        fmt::format("expected a token of RFC 9110 of at most {} bytes, got {}", kLongestHeaderName, Quoted(name)));
  } else if (IsReserved(absl::AsciiStrToLower(name))) {
    at.Refuse(fmt::format("{} is a header that Holter writes itself", Quoted(name)));
  } else if (OpensMetadata(absl::AsciiStrToLower(name))) {
    at.Refuse(
        fmt::format("{} is a header that opens cloud metadata services, which no session may ask for", Quoted(name)));
  }
}

// References are readable and what they hold can stand in a header.
void CheckContents(const std::vector<std::string>& references, const FieldPath& at, const SecretSource& secrets) {
  for (const std::string& reference : references) {
    const absl::StatusOr<Secret> secret = secrets.Read(reference);
    if (!secret.ok()) {
      at.Refuse(fmt::format("secret {} cannot be read below --secrets-dir", Quoted(reference)));
    } else if (!IsValue(secret->Reveal())) {
      at.Refuse(
          fmt::format("the content of secret {} cannot stand in a header: expected visible ASCII, spaces and tabs",
                      Quoted(reference)));
    }
  }
}

}  // namespace

bool IsToken(std::string_view text, size_t most) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(c) || marks.find(c) != std::string_view::npos;
  });
}

void CheckHeader(const v1::Header& header, const FieldPath& at, const SecretSource* secrets) {
  CheckName(header.name(), at.Field("name"));
  const FieldPath value = at.Field("value");
  if (header.value().size() > kLongestHeaderValue) {
    value.Refuse(fmt::format("expected at most {} bytes, got {}", kLongestHeaderValue, header.value().size()));
    return;
  }
  const auto bad = std::find_if_not(header.value().begin(), header.value().end(), IsValueCharacter);
  if (bad != header.value().end()) {
    value.Refuse(fmt::format("expected visible ASCII, spaces and tabs, got the byte 0x{:02x} at offset {}",
                             static_cast<unsigned char>(*bad), bad - header.value().begin()));
    return;
  }
  const absl::StatusOr<std::vector<std::string>> references = FindSecretReferences(header.value());
  if (!references.ok()) {
    value.Refuse("expected secret references of the form ${secret:name/key}");
    return;
  }
  if (references->empty() && Contains(kSecretOnly, absl::AsciiStrToLower(header.name()))) {
    value.Refuse("a literal credential is refused: put it below --secrets-dir and refer to it by ${secret:name/key}");
  }
  if (secrets != nullptr) {
    CheckContents(*references, value, *secrets);
  }
}

void CheckSecretName(std::string_view reference, const FieldPath& at, const SecretSource* secrets) {
  if (reference.empty()) {
    return;
  }
  const absl::StatusOr<std::vector<std::string>> found = FindSecretReferences(fmt::format("${{secret:{}}}", reference));
  if (!found.ok() || found->size() != 1 || found->front() != reference) {
    // What stands here may be the material itself, pasted by mistake.
    at.Refuse("expected name/key of a secret below --secrets-dir, each of [a-zA-Z0-9._-]");
  } else if (secrets != nullptr && !secrets->Read(reference).ok()) {
    at.Refuse(fmt::format("secret {} cannot be read below --secrets-dir", Quoted(reference)));
  }
}

}  // namespace holter::spec
