#include "spec/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spec/enum_words.h"
#include "spec/template.h"

namespace holter::spec {
namespace {

constexpr int kMostSignatures = 8;
constexpr size_t kLongestSigned = 1024;

HashKind HashOf(v1::Signature::Hash hash) {
  switch (hash) {
    case v1::Signature::HASH_SHA384:
      return HashKind::kSha384;
    case v1::Signature::HASH_SHA512:
      return HashKind::kSha512;
    default:
      return HashKind::kSha256;
  }
}

// The slot of what "${…}" names.
std::optional<size_t> CompileKey(std::string_view key, const core::Scope& scope, const FieldPath& at) {
  std::optional<size_t> slot;
  if (key.starts_with("${") && key.ends_with('}')) {
    slot = scope.Find(key.substr(2, key.size() - 3));
  }
  if (slot && (scope[*slot].origin == core::Origin::kSecret || scope[*slot].origin == core::Origin::kParameter)) {
    return slot;
  }
  // What stands here may be the key itself, pasted by mistake.
  at.Refuse("expected ${secret:name/key}, or ${name} of a parameter that refers to a secret");
  return std::nullopt;
}

std::optional<core::MessageTemplate> CompileText(const std::string& text, const core::Scope& scope,
                                                 const FieldPath& at) {
  if (text.empty()) {
    at.Refuse("required");
    return std::nullopt;
  }
  if (!CheckSize(at, text.size(), kLongestSigned)) {
    return std::nullopt;
  }
  absl::StatusOr<core::MessageTemplate> made = core::MessageTemplate::FromText(text, {.scope = &scope});
  if (!made.ok()) {
    at.Refuse(std::string(made.status().message()));
    return std::nullopt;
  }
  return *std::move(made);
}

}  // namespace

void CompileSignatures(const v1::SessionSpec& spec, const FieldPath& at, core::SharedSpec& out) {
  if (!CheckCount(at, static_cast<int>(spec.signatures_size()), kMostSignatures)) {
    return;
  }
  const std::map<std::string_view, v1::Signature> sorted(spec.signatures().begin(), spec.signatures().end());
  for (const auto& [name, signature] : sorted) {
    const FieldPath place = at.Key(name);
    CheckEnum(place.Field("hash"), *v1::Signature::Hash_descriptor(), signature.hash());
    CheckEnum(place.Field("encoding"), *v1::Signature::Encoding_descriptor(), signature.encoding());
    std::optional<core::MessageTemplate> text = CompileText(signature.text(), out.dialect.scope, place.Field("text"));
    const std::optional<size_t> key = CompileKey(signature.key(), out.dialect.scope, place.Field("key"));
    const std::optional<size_t> slot = out.dialect.scope.Find(name);
    if (text && key && slot) {
      out.dialect.signatures.push_back({.slot = *slot,
                                        .key = *key,
                                        .text = *std::move(text),
                                        .hash = HashOf(signature.hash()),
                                        .base64 = signature.encoding() == v1::Signature::ENCODING_BASE64});
    }
  }
}

}  // namespace holter::spec
