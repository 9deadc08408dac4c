#include "rpc/call_credentials.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/error.h"

namespace holter::rpc {
namespace {

std::vector<std::string> PropertiesOf(const grpc::AuthContext& context, const std::string& name) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : context.FindPropertyValues(name))
    values.emplace_back(value.data(), value.size());
  return values;
}

absl::StatusOr<access::TokenDigest> DigestOf(absl::string_view header) {
  constexpr absl::string_view scheme = "Bearer ";
  const absl::string_view token =
      absl::StartsWithIgnoreCase(header, scheme) ? absl::StripAsciiWhitespace(header.substr(scheme.size())) : "";
  if (token.empty()) {
    return MakeError(absl::StatusCode::kUnauthenticated, "CREDENTIALS_INVALID",
                     "expected the metadata authorization to be \"Bearer\" and a token");
  }
  return access::DigestToken({token.data(), token.size()});
}

}  // namespace

absl::StatusOr<access::Credentials> CredentialsOf(const grpc::ServerContextBase& context) {
  access::Credentials credentials;
  const auto [begin, end] = context.client_metadata().equal_range("authorization");
  for (auto header = begin; header != end; ++header) {
    // Of two tokens, which one was checked would be a matter of luck.
    const absl::StatusOr<access::TokenDigest> digest =
        DigestOf(header == begin ? absl::string_view(header->second.data(), header->second.size()) : "");
    if (!digest.ok()) return digest.status();
    credentials.token = *digest;
  }
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer != nullptr && peer->IsPeerAuthenticated()) {
    credentials.uris = PropertiesOf(*peer, GRPC_PEER_URI_PROPERTY_NAME);
    credentials.dns_names = PropertiesOf(*peer, GRPC_PEER_DNS_PROPERTY_NAME);
    const std::vector<std::string> names = PropertiesOf(*peer, GRPC_X509_CN_PROPERTY_NAME);
    credentials.common_name = names.empty() ? "" : names.front();
  }
  return credentials;
}

}  // namespace holter::rpc
