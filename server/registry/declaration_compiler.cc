#include "registry/declaration_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "registry/request_fields.h"
#include "spec/convert.h"

namespace holter::registry {
namespace {

// Without the lease.
SessionTraits TraitsOf(std::string_view tenant, const v1::Session& session, std::string_view owner) {
  SessionTraits traits;
  traits.tenant = tenant;
  traits.group = session.group();
  traits.labels.assign(session.labels().begin(), session.labels().end());
  std::sort(traits.labels.begin(), traits.labels.end());
  // Only the values of labels can hold a line end, and their size is told.
  traits.key = fmt::format("{}\n{}\n{}\n", traits.tenant, traits.group, owner);
  for (const auto& [key, value] : traits.labels) {
    traits.key += fmt::format("{}={}:{}", key, value.size(), value);
  }
  return traits;
}

// Null when the URL says it all.
boost::intrusive_ptr<const OwnWords> OwnWordsOf(const v1::SessionSpec& declared, const core::SessionSpec& compiled) {
  if (declared.url() == compiled.url && declared.parameters().empty() && compiled.parameters == nullptr) return nullptr;
  boost::intrusive_ptr<OwnWords> own(new OwnWords);
  own->url = declared.url();
  own->parameters.insert(declared.parameters().begin(), declared.parameters().end());
  own->compiled = compiled.parameters;
  return own;
}

bool SameOwnWords(const v1::SessionSpec& declared, const Declaration& declaration) {
  if (declared.url() != declaration.DeclaredUrl()) return false;
  if (!declaration.own) return declared.parameters().empty();
  const std::map<std::string, std::string> parameters(declared.parameters().begin(), declared.parameters().end());
  return parameters == declaration.own->parameters;
}

}  // namespace

std::optional<SessionName> DeclaredName(const v1::Session& session, std::vector<FieldViolation>& violations) {
  absl::StatusOr<SessionName> name = ParseSessionName(session.name());
  if (name.ok()) return *std::move(name);
  violations.push_back(
      {.field = session.name().empty() ? "name" : session.name(), .description = std::string(name.status().message())});
  return std::nullopt;
}

absl::StatusOr<Declaration> DeclarationCompiler::Compile(const SessionName& name, const v1::Session& session,
                                                         std::string_view prefix, const SecretSource* secrets,
                                                         std::vector<FieldViolation> violations,
                                                         std::string_view owner) {
  spec::CheckDeclaration(session, prefix, violations);
  std::string bytes = SerializeSharedSpec(session.spec());
  std::shared_ptr<const InternedSpec> known = specs_.Find(bytes);
  absl::StatusOr<core::SessionSpec> compiled =
      spec::Compile(session.spec(), fmt::format("{}.spec", prefix), secrets, known ? known->shared : nullptr);
  if (!compiled.ok()) {
    if (!AppendViolations(compiled.status(), violations)) return compiled.status();
  }
  if (!violations.empty()) return MakeInvalid(violations);
  SessionTraits traits = TraitsOf(name.tenant, session, owner);
  if (!owner.empty()) traits.lease = leases_->Of(name.tenant, owner);
  if (!known) known = specs_.Intern({.bytes = std::move(bytes), .shared = std::move(compiled->shared)});
  boost::intrusive_ptr<const OwnWords> own = OwnWordsOf(session.spec(), *compiled);
  return Declaration{.session = name.session,
                     .url = std::move(compiled->url),
                     .traits = traits_.Intern(std::move(traits)),
                     .spec = std::move(known),
                     .own = std::move(own),
                     .paused = session.paused()};
}

bool DeclarationCompiler::IsSame(const v1::Session& session, const Declaration& declaration,
                                 std::string_view owner) const {
  return session.paused() == declaration.paused && SameOwnWords(session.spec(), declaration) &&
         SerializeSharedSpec(session.spec()) == declaration.spec->bytes &&
         TraitsOf(declaration.traits->tenant, session, owner).key == declaration.traits->key;
}

}  // namespace holter::registry
