#include "registry/declaration_compiler.h"

#include <fmt/format.h>

#include <algorithm>
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

}  // namespace

absl::StatusOr<Declaration> DeclarationCompiler::Compile(const SessionName& name, const v1::Session& session,
                                                         std::string_view prefix, const SecretSource* secrets,
                                                         std::vector<FieldViolation> violations,
                                                         std::string_view owner) {
  spec::CheckDeclaration(session, prefix, violations);
  absl::StatusOr<core::SessionSpec> compiled = spec::Compile(session.spec(), fmt::format("{}.spec", prefix), secrets);
  if (!compiled.ok()) {
    if (!AppendViolations(compiled.status(), violations)) return compiled.status();
  }
  if (!violations.empty()) return MakeInvalid(violations);
  SessionTraits traits = TraitsOf(name.tenant, session, owner);
  if (!owner.empty()) traits.lease = leases_->Of(name.tenant, owner);
  return Declaration{.session = name.session,
                     .url = std::move(compiled->url),
                     .traits = traits_.Intern(std::move(traits)),
                     .spec = specs_.Intern(InternedSpec{.bytes = SerializeSharedSpec(session.spec()),
                                                        .shared = std::move(compiled->shared)}),
                     .paused = session.paused()};
}

bool DeclarationCompiler::IsSame(const v1::Session& session, const Declaration& declaration,
                                 std::string_view owner) const {
  return session.paused() == declaration.paused && session.spec().url() == declaration.url &&
         SerializeSharedSpec(session.spec()) == declaration.spec->bytes &&
         TraitsOf(declaration.traits->tenant, session, owner).key == declaration.traits->key;
}

}  // namespace holter::registry
