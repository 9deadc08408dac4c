#include "spec/connect.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/parameter_text.h"
#include "core/variable.h"
#include "spec/enum_words.h"
#include "spec/header.h"

namespace holter::spec {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr int kMostHeaders = 32;
constexpr int kMostSubprotocols = 16;
constexpr size_t kLongestSubprotocol = 128;
constexpr size_t kLongestServerName = 253;

void CompileHeaders(const v1::SessionSpec& spec, const FieldPath& at, const SecretSource* secrets,
                    std::vector<core::HeaderSpec>& out) {
  if (!CheckCount(at, spec.headers_size(), kMostHeaders)) {
    return;
  }
  for (int i = 0; i < spec.headers_size(); ++i) {
    CheckNames(spec.headers(i).value(), spec, at.At(i).Field("value"));
    v1::Header checked = spec.headers(i);
    checked.set_value(core::ReplaceParameters(checked.value(), [&](std::string_view name) {
      const auto found = spec.parameters().find(std::string(name));
      return found == spec.parameters().end() ? std::nullopt : std::optional(found->second);
    }));
    CheckHeader(checked, at.At(i), secrets);
    out.push_back({.name = spec.headers(i).name(), .value = spec.headers(i).value()});
  }
}

void CompileSubprotocols(const v1::SessionSpec& spec, const FieldPath& at, std::vector<std::string>& out) {
  if (!CheckCount(at, spec.subprotocols_size(), kMostSubprotocols)) {
    return;
  }
  std::set<std::string_view> seen;
  for (int i = 0; i < spec.subprotocols_size(); ++i) {
    const std::string& name = spec.subprotocols(i);
    if (!IsToken(name, kLongestSubprotocol)) {
      at.At(i).Refuse(
          fmt::format("expected a token of RFC 9110 of at most {} bytes, got {}", kLongestSubprotocol, Quoted(name)));
    } else if (!seen.insert(name).second) {
      at.At(i).Refuse(fmt::format("{} is offered twice", Quoted(name)));
    }
    out.push_back(name);
  }
}

void CheckServerName(const std::string& name, const FieldPath& at) {
  constexpr auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  };
  if (name.size() > kLongestServerName || !std::all_of(name.begin(), name.end(), allowed)) {
    at.Refuse(fmt::format("expected a host name or a numeric address without brackets, at most {} bytes, got {}",
                          kLongestServerName, Quoted(name)));
  }
}

void CompileTls(const v1::TlsSpec& tls, const FieldPath& at, const SecretSource* secrets, core::TlsSpec& out) {
  CheckSecretName(tls.ca_secret(), at.Field("ca_secret"), secrets);
  CheckSecretName(tls.client_cert_secret(), at.Field("client_cert_secret"), secrets);
  CheckSecretName(tls.client_key_secret(), at.Field("client_key_secret"), secrets);
  if (tls.client_cert_secret().empty() != tls.client_key_secret().empty()) {
    const char* missing = tls.client_key_secret().empty() ? "client_key_secret" : "client_cert_secret";
    at.Field(missing).Refuse("a client certificate needs both client_cert_secret and client_key_secret");
  }
  CheckServerName(tls.server_name(), at.Field("server_name"));
  CheckEnum(at.Field("min_version"), *v1::TlsVersion_descriptor(), tls.min_version());
  out.ca_secret = tls.ca_secret();
  out.client_cert_secret = tls.client_cert_secret();
  out.client_key_secret = tls.client_key_secret();
  out.server_name = tls.server_name();
  out.insecure_skip_verify = tls.insecure_skip_verify();
  out.min_version = tls.min_version() == v1::TLS_VERSION_1_3 ? core::TlsVersion::kTls13 : core::TlsVersion::kTls12;
}

void CompileTimeouts(const v1::PhaseTimeouts& timeouts, const FieldPath& at, core::PhaseTimeouts& out) {
  const auto read = [&](std::string_view field, const std::string& text, Duration& value) {
    ReadDuration(at.Field(field), text, milliseconds(10), minutes(5), value);
  };
  read("dns", timeouts.dns(), out.dns);
  read("connect", timeouts.connect(), out.connect);
  read("tls", timeouts.tls(), out.tls);
  read("upgrade", timeouts.upgrade(), out.upgrade);
  read("close", timeouts.close(), out.close);
}

void CompileLimits(const v1::Limits& limits, const FieldPath& at, core::ConnectSpec& out) {
  if (limits.message_bytes() != 0) {
    int bytes = 0;
    ReadInteger(at.Field("message_bytes"), limits.message_bytes(), 1 << 10, 64 << 20, bytes);
    out.max_message_bytes = static_cast<size_t>(bytes);
  }
}

}  // namespace

void CheckNames(std::string_view text, const v1::SessionSpec& spec, const FieldPath& at) {
  core::ReplaceParameters(text, [&](std::string_view name) -> std::optional<std::string> {
    const std::optional<core::Variable> variable = core::FindVariable(name);
    if (!(variable && core::IsDrawnAtDial(*variable)) && !spec.parameters().contains(std::string(name))) {
      at.Refuse(
          fmt::format("expected the names of parameters or unix_s, unix_ms, unix_us, unix_ns, iso_time, uuid, hex_id, "
                      "got {}",
                      Quoted(name)));
    }
    return std::nullopt;
  });
}

void CompileConnect(const v1::SessionSpec& spec, const FieldPath& at, const SecretSource* secrets,
                    core::ConnectSpec& out) {
  CompileHeaders(spec, at.Field("headers"), secrets, out.headers);
  CompileSubprotocols(spec, at.Field("subprotocols"), out.subprotocols);
  CompileTls(spec.tls(), at.Field("tls"), secrets, out.tls);
  CompileTimeouts(spec.timeouts(), at.Field("timeouts"), out.timeouts);
  CompileLimits(spec.limits(), at.Field("limits"), out);
}

}  // namespace holter::spec
