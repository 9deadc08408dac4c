#include "spec/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/parameter_text.h"
#include "core/url.h"
#include "core/variable.h"
#include "spec/connect.h"
#include "spec/dialect.h"
#include "spec/field_path.h"
#include "spec/heartbeat.h"
#include "spec/parameter_use.h"
#include "spec/policy.h"
#include "spec/preset_merge.h"
#include "spec/spec_scope.h"

namespace holter::spec {

namespace {

bool ComputesAny(const core::SharedSpec& shared) {
  if (shared.protocol.computed) {
    return true;
  }
  return std::any_of(shared.beats.begin(), shared.beats.end(),
                     [](const core::BeatSpec& beat) { return beat.computed.has_value(); });
}

}  // namespace

std::shared_ptr<const core::SharedSpec> CompileShared(const v1::SessionSpec& spec, std::string_view prefix,
                                                      const SecretSource* secrets,
                                                      std::vector<FieldViolation>& violations) {
  const size_t before = violations.size();
  const FieldPath at(prefix, violations);
  auto shared = std::make_shared<core::SharedSpec>();
  shared->dialect.scope = CompileScope(spec, at, shared->dialect.secrets);
  CompileConnect(spec, at, secrets, shared->connect);
  CompileProtocolHeartbeat(spec.protocol_heartbeat(), at.Field("protocol_heartbeat"), shared->dialect.scope,
                           shared->protocol);
  CompileBeats(spec.beats(), at.Field("beats"), *shared);
  CompileDialect(spec, at, *shared);
  CompileReconnect(spec.reconnect(), at.Field("reconnect"), shared->reconnect);
  CompileClosePolicy(spec.close_policy(), at.Field("close_policy"), shared->close);
  shared->dialect.computes = ComputesAny(*shared);
  return violations.size() == before ? shared : nullptr;
}

void CheckUrl(const v1::SessionSpec& spec, std::string_view prefix, std::vector<FieldViolation>& violations) {
  const FieldPath at(prefix, violations);
  if (spec.url().empty()) {
    at.Field("url").Refuse("required: ws://host[:port]/path?query or wss://…");
    return;
  }
  CheckNames(spec.url(), spec, at.Field("url"));
  const absl::StatusOr<core::Url> url = core::ParseUrl(ExpandUrl(spec.url(), spec.parameters()));
  if (!url.ok()) {
    at.Field("url").Refuse(std::string(url.status().message()));
  } else if (spec.has_tls() && !url->tls) {
    at.Field("tls").Refuse("only for wss; the URL's scheme is ws");
  }
}

absl::StatusOr<core::SessionSpec> Compile(const v1::SessionSpec& spec, std::string_view prefix,
                                          const SecretSource* secrets, std::shared_ptr<const core::SharedSpec> known) {
  std::vector<FieldViolation> violations;
  const FieldPath at(prefix, violations);
  const std::optional<v1::SessionSpec> effective = Effective(spec, at);
  if (!effective.has_value()) {
    return MakeInvalid(violations);
  }
  CheckUrl(*effective, prefix, violations);
  std::shared_ptr<const core::SharedSpec> shared = std::move(known);
  if (shared != nullptr) {
    // What stands in headers depends on parameters and secrets, too.
    core::ConnectSpec same;
    CompileConnect(*effective, at, secrets, same);
  } else {
    shared = CompileShared(*effective, prefix, secrets, violations);
  }
  std::shared_ptr<const core::ParameterList> parameters;
  if (shared != nullptr) {
    parameters = CompileParameters(*effective, shared->dialect.scope, at, secrets,
                                   /*may_be_unused=*/!spec.preset().empty());
    if (parameters != nullptr) {
      CheckParameterUse(*shared, *parameters, at.Field("parameters"));
    }
  }
  if (!violations.empty()) {
    for (FieldViolation& violation : violations) {
      if (!spec.preset().empty()) PointAtDeclared(at, *effective, spec, violation);
    }
    return MakeInvalid(violations);
  }
  return core::SessionSpec{.url = ExpandUrl(effective->url(), effective->parameters()),
                           .shared = std::move(shared),
                           .parameters = std::move(parameters)};
}

}  // namespace holter::spec
