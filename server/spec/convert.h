// holter.v1.SessionSpec to core and back to words: convert, validate, and name the field that is wrong.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/error.h"
#include "base/secret.h"
#include "core/session_spec.h"
#include "core/session_status.h"
#include "holter/v1/session.pb.h"

namespace holter::spec {

// Checks and compiles everything but the URL. Violations are appended with paths below `prefix` ("session.spec"); null
// if there are any. `secrets`: references have to be readable now; null skips that check.
std::shared_ptr<const core::SharedSpec> CompileShared(const v1::SessionSpec& spec, std::string_view prefix,
                                                      const SecretSource* secrets,
                                                      std::vector<FieldViolation>& violations);

// Checks the URL, and that what is only for wss stands with wss.
void CheckUrl(const v1::SessionSpec& spec, std::string_view prefix, std::vector<FieldViolation>& violations);

// Url and the rest of the effective spec; INVALID_ARGUMENT lists every violation, all at once, with the paths that the
// fields have in `spec`. `known`: what was made of a spec that differs in nothing but the URL and the values of
// parameters; then only these are looked at, and what depends on them.
absl::StatusOr<core::SessionSpec> Compile(const v1::SessionSpec& spec, std::string_view prefix,
                                          const SecretSource* secrets,
                                          std::shared_ptr<const core::SharedSpec> known = nullptr);

// Checks labels and group of a session that a caller sent. Output-only fields are no error (AIP-203), so that what Get
// answered can be sent back; the registry ignores them.
void CheckDeclaration(const v1::Session& session, std::string_view prefix, std::vector<FieldViolation>& violations);

// Times of `status` are steady; `now` and `wall` are the same moment on both clocks.
void StatusToProto(const core::SessionStatus& status, TimePoint now, WallTime wall, v1::SessionStatus* out);

v1::State ToProto(core::State state);
v1::Health ToProto(core::Health health);
v1::Reason ToProto(core::Reason reason);
v1::Path ToProto(core::Path path);

}  // namespace holter::spec
