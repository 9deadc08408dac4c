#include "client/lib/connection.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace holter::client {
namespace {

// A page of whole sessions may be larger than gRPC's default of 4 MiB.
constexpr int kMaxReceiveBytes = 64 << 20;

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  // Not by iterators: they throw when the path is that of a directory.
  if (!file || (!(content << file.rdbuf()) && errno != 0)) {
    return absl::FailedPreconditionError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  return std::move(content).str();
}

// Visible ASCII, as a header has to be; the message never quotes it.
absl::StatusOr<std::string> ReadToken(const std::string& path) {
  absl::StatusOr<std::string> content = ReadWhole(path);
  if (!content.ok()) return content;
  std::string token(absl::StripAsciiWhitespace(*content));
  bool visible = !token.empty();
  for (const char c : token) visible = visible && absl::ascii_isgraph(static_cast<unsigned char>(c));
  if (!visible) return absl::FailedPreconditionError(absl::StrCat(path, " does not hold one token"));
  return token;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const TlsOptions& tls) {
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return absl::FailedPreconditionError("a client certificate needs its key, and a key its certificate");
  }
  grpc::SslCredentialsOptions options;
  for (const auto& [path, content] :
       {std::pair(&tls.ca_file, &options.pem_root_certs), std::pair(&tls.cert_file, &options.pem_cert_chain),
        std::pair(&tls.key_file, &options.pem_private_key)}) {
    if (path->empty()) continue;
    absl::StatusOr<std::string> read = ReadWhole(*path);
    if (!read.ok()) return read.status();
    *content = *std::move(read);
  }
  return grpc::SslCredentials(options);
}

bool IsLoopbackHost(const std::string& host) {
  if (host == "localhost" || host == "localhost.") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace

bool IsLoopbackTarget(std::string_view target) {
  if (target.starts_with("unix:")) return true;
  for (const std::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    break;
  }
  if (target.starts_with('[')) {
    const size_t end = target.find(']');
    return end != std::string_view::npos && IsLoopbackHost(std::string(target.substr(1, end - 1)));
  }
  const size_t colon = target.rfind(':');
  return IsLoopbackHost(std::string(target.substr(0, colon)));
}

Connection::Connection(const ClientOptions& options)
    : token_file_(options.token_file),
      plaintext_loopback_(!options.tls.has_value() && IsLoopbackTarget(options.server)),
      channel_(MakeChannel(options)),
      stub_(v1::SessionService::NewStub(channel_)),
      presets_(v1::PresetService::NewStub(channel_)) {
  if (!token_file_.empty() && !options.tls.has_value() && !plaintext_loopback_) {
    refusal_ = absl::FailedPreconditionError(
        absl::StrCat("a token is not sent to ", options.server, " in the clear; TLS is needed"));
  }
}

Connection::Connection(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options)
    : token_file_(options.token_file),
      plaintext_loopback_(false),
      channel_(std::move(channel)),
      stub_(v1::SessionService::NewStub(channel_)),
      presets_(v1::PresetService::NewStub(channel_)) {}

std::shared_ptr<grpc::Channel> Connection::MakeChannel(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // A daemon that restarts is back within a second; gRPC's defaults would look for it up to two minutes later.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // No proxy can reach our own loopback.
  if (IsLoopbackTarget(options.server)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (options.tls) {
    auto secure = MakeCredentials(*options.tls);
    if (secure.ok()) {
      credentials = *std::move(secure);
    } else {
      refusal_ = secure.status();
    }
    if (!options.tls->server_name.empty()) arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  return grpc::CreateCustomChannel(options.server, credentials, arguments);
}

absl::Status Connection::Prepare(grpc::ClientContext& context) const {
  if (!refusal_.ok()) return refusal_;
  if (token_file_.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> token = ReadToken(token_file_);
  if (!token.ok()) return token.status();
  if (plaintext_loopback_) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", *token));
  } else {
    context.set_credentials(grpc::AccessTokenCredentials(*token));  // gRPC keeps it off channels that are not secure
  }
  return absl::OkStatus();
}

}  // namespace holter::client
