// From a Session that a caller sent to a checked Declaration that shares what it can.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/session_name.h"
#include "holter/v1/session.pb.h"
#include "registry/lease_table.h"
#include "registry/session_record.h"

namespace holter::registry {

// The name of a session that a file declares; none: it is not one, and `violations` says so.
std::optional<SessionName> DeclaredName(const v1::Session& session, std::vector<FieldViolation>& violations);

// Any thread.
class DeclarationCompiler {
 public:
  // `leases` outlives the compiler.
  explicit DeclarationCompiler(LeaseTable* leases) : leases_(leases) {}

  // Checks `session`, which is to be called `name` whatever it says itself. INVALID_ARGUMENT lists `violations`, found
  // before, and all that are found here, with paths below `prefix`. `secrets` null: references need not be readable
  // now. `owner` "": nobody, whatever the session says.
  absl::StatusOr<Declaration> Compile(const SessionName& name, const v1::Session& session, std::string_view prefix,
                                      const SecretSource* secrets, std::vector<FieldViolation> violations,
                                      std::string_view owner = "");

  // True when compiling `session` would give `declaration`.
  bool IsSame(const v1::Session& session, const Declaration& declaration, std::string_view owner = "") const;

  size_t distinct_specs() const { return specs_.size(); }

 private:
  LeaseTable* const leases_;
  WeakInterner<SessionTraits> traits_;
  WeakInterner<InternedSpec> specs_;
};

}  // namespace holter::registry
