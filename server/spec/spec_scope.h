// Which names a spec may use as ${name}, and what a session gives for them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "core/dialect_spec.h"
#include "core/scope.h"
#include "holter/v1/session.pb.h"
#include "spec/field_path.h"

namespace holter::spec {

// Parameters by name, then captures in the order of the spec, then signatures by name, then the secrets that messages
// and signatures refer to. `secrets` gets
// the slots of the latter. The scope depends on the names of parameters, never on their values, so that sessions with
// other values share it.
core::Scope CompileScope(const v1::SessionSpec& spec, const FieldPath& at, core::ParameterList& secrets);

// The values; null when there are none. Refuses those that nothing uses, unless they may be unused, as the defaults of
// a preset may, and secrets that cannot be read, unless `source` is null.
std::shared_ptr<const core::ParameterList> CompileParameters(const v1::SessionSpec& spec, const core::Scope& scope,
                                                             const FieldPath& at, const SecretSource* source,
                                                             bool may_be_unused = false);

// `text` with every ${name} of a parameter replaced, percent-encoded (RFC 3986 section 2.1). Those that hold secrets
// stay as they are, for transport to replace when it dials.
std::string ExpandUrl(std::string_view text, const google::protobuf::Map<std::string, std::string>& parameters);

// Units of captured numbers: "ns", "us", "ms", "s"; "" is none. Refuses others.
Duration CompileUnit(const std::string& unit, const FieldPath& at);

}  // namespace holter::spec
