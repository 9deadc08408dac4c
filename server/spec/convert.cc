#include "spec/convert.h"

#include <optional>
#include <utility>

#include "core/url.h"
#include "spec/connect.h"
#include "spec/field_path.h"
#include "spec/heartbeat.h"
#include "spec/policy.h"
#include "spec/preset_merge.h"

namespace holter::spec {

std::shared_ptr<const core::SharedSpec> CompileShared(const v1::SessionSpec& spec, std::string_view prefix,
                                                      const SecretSource* secrets,
                                                      std::vector<FieldViolation>& violations) {
  const size_t before = violations.size();
  const FieldPath at(prefix, violations);
  auto shared = std::make_shared<core::SharedSpec>();
  CompileConnect(spec, at, secrets, shared->connect);
  CompileProtocolHeartbeat(spec.protocol_heartbeat(), at.Field("protocol_heartbeat"), shared->protocol);
  CompileBeats(spec.beats(), at.Field("beats"), shared->beats);
  CompileReconnect(spec.reconnect(), at.Field("reconnect"), shared->reconnect);
  CompileClosePolicy(spec.close_policy(), at.Field("close_policy"), shared->close);
  return violations.size() == before ? shared : nullptr;
}

void CheckUrl(const v1::SessionSpec& spec, std::string_view prefix, std::vector<FieldViolation>& violations) {
  const FieldPath at(prefix, violations);
  if (spec.url().empty()) {
    at.Field("url").Refuse("required: ws://host[:port]/path?query or wss://…");
    return;
  }
  const absl::StatusOr<core::Url> url = core::ParseUrl(spec.url());
  if (!url.ok()) {
    at.Field("url").Refuse(std::string(url.status().message()));
  } else if (spec.has_tls() && !url->tls) {
    at.Field("tls").Refuse("only for wss; the URL's scheme is ws");
  }
}

absl::StatusOr<core::SessionSpec> Compile(const v1::SessionSpec& spec, std::string_view prefix,
                                          const SecretSource* secrets) {
  std::vector<FieldViolation> violations;
  const FieldPath at(prefix, violations);
  const std::optional<v1::SessionSpec> effective = Effective(spec, at);
  if (!effective.has_value()) {
    return MakeInvalid(violations);
  }
  CheckUrl(*effective, prefix, violations);
  std::shared_ptr<const core::SharedSpec> shared = CompileShared(*effective, prefix, secrets, violations);
  if (!violations.empty()) {
    for (FieldViolation& violation : violations) {
      violation.field = DeclaredPath(violation.field, at, *effective, spec);
    }
    return MakeInvalid(violations);
  }
  return core::SessionSpec{.url = effective->url(), .shared = std::move(shared)};
}

}  // namespace holter::spec
