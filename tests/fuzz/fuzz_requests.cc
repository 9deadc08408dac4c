// Declarations as callers send them and as files hold them: nothing crashes, every refusal names a field of the
// request, and what is accepted keeps its promises to those who dial.
#include <google/protobuf/util/json_util.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "core/url.h"
#include "spec/convert.h"
#include "spec/yaml.h"

namespace {

namespace v1 = holter::v1;

void Require(bool held) {
  if (!held) std::abort();
}

// One name may be referred to, and holds what cannot stand in a header.
class FuzzSecrets final : public holter::SecretSource {
 public:
  absl::StatusOr<holter::Secret> Read(std::string_view reference) const override {
    if (reference == "a/b") return holter::Secret("value");
    if (reference == "a/c") return holter::Secret("a\r\nb");
    return absl::NotFoundError("no secret");
  }
};

bool IsTokenText(std::string_view text) {
  for (char c : text) {
    if (c <= ' ' || c >= 0x7F || c == ':' || c == '"' || c == ',') return false;
  }
  return !text.empty();
}

void CheckAccepted(const holter::core::SessionSpec& spec) {
  Require(holter::core::ParseUrl(spec.url).ok());
  for (const holter::core::HeaderSpec& header : spec.shared->connect.headers) {
    Require(IsTokenText(header.name));
    for (char c : header.value) Require(c == '\t' || (c >= ' ' && c <= '~'));
    const std::string lower = absl::AsciiStrToLower(header.name);
    for (const char* denied : {"host", "connection", "upgrade", "metadata-flavor", "content-length"}) {
      Require(lower != denied);
    }
    for (const char* denied : {"sec-websocket-", "x-aws-ec2-metadata-"}) Require(!lower.starts_with(denied));
    if (lower == "authorization" || lower == "cookie") Require(header.value.find("${secret:") != std::string::npos);
  }
  for (const std::string& name : spec.shared->connect.subprotocols) Require(IsTokenText(name));
  const holter::core::PhaseTimeouts& timeouts = spec.shared->connect.timeouts;
  for (const holter::Duration timeout :
       {timeouts.dns, timeouts.connect, timeouts.tls, timeouts.upgrade, timeouts.close}) {
    Require(timeout > holter::Duration::zero());
  }
  for (const holter::core::BeatSpec& beat : spec.shared->beats) {
    Require(beat.cadence.interval > holter::Duration::zero() && beat.cadence.timeout > holter::Duration::zero());
  }
  Require(spec.shared->connect.max_message_bytes > 0);
}

void FuzzSession(const v1::Session& session) {
  std::vector<holter::FieldViolation> violations;
  holter::spec::CheckDeclaration(session, "session", violations);
  const FuzzSecrets secrets;
  for (const holter::SecretSource* source :
       {static_cast<const holter::SecretSource*>(nullptr), static_cast<const holter::SecretSource*>(&secrets)}) {
    const auto compiled = holter::spec::Compile(session.spec(), "session.spec", source);
    if (compiled.ok()) {
      CheckAccepted(*compiled);
      continue;
    }
    Require(compiled.status().code() == absl::StatusCode::kInvalidArgument);
    const auto found = holter::DetailsOf(compiled.status()).violations;
    Require(!found.empty());
    violations.insert(violations.end(), found.begin(), found.end());
  }
  for (const holter::FieldViolation& violation : violations) {
    Require(violation.field.starts_with("session") && !violation.description.empty());
  }
}

void FuzzYaml(std::string_view text) {
  const auto sessions = holter::spec::ParseSessionsYaml(text, "fuzz.yaml");
  if (!sessions.ok()) {
    Require(sessions.status().code() == absl::StatusCode::kInvalidArgument);
    return;
  }
  for (const v1::Session& session : *sessions) FuzzSession(session);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  v1::Session session;
  switch (data[0] % 3) {
    case 0:
      FuzzYaml(text);
      break;
    case 1:
      if (google::protobuf::util::JsonStringToMessage(text, &session).ok()) FuzzSession(session);
      break;
    default:
      if (session.ParseFromString(text)) FuzzSession(session);
      break;
  }
  return 0;
}
