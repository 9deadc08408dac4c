#include "transport/tls_context.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace holter::transport {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// What the references of a TlsSpec lead to; empty where none was declared.
struct Material {
  Secret ca;
  Secret certificate;
  Secret key;
};

absl::Status Unusable(std::string_view reference, std::string_view what) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "SECRET_UNUSABLE",
                   fmt::format("secret {}: {}", reference, what), {{"secret", std::string(reference)}});
}

absl::StatusOr<Material> ReadMaterial(const core::TlsSpec& spec, const SecretSource& secrets) {
  Material material;
  const std::pair<const std::string*, Secret*> wanted[] = {{&spec.ca_secret, &material.ca},
                                                           {&spec.client_cert_secret, &material.certificate},
                                                           {&spec.client_key_secret, &material.key}};
  for (const auto& [reference, target] : wanted) {
    if (reference->empty()) {
      continue;
    }
    auto content = secrets.Read(*reference);
    if (!content.ok()) {
      return content.status();
    }
    *target = *std::move(content);
  }
  return material;
}

boost::asio::const_buffer BufferOf(const Secret& secret) { return boost::asio::buffer(secret.Reveal()); }

absl::Status SetAuthorities(ssl::context& context, const core::TlsSpec& spec, const Material& material) {
  error_code error;
  if (spec.ca_secret.empty()) {
    context.set_default_verify_paths(error);
    return error ? Unusable("system CAs", error.message()) : absl::OkStatus();
  }
  context.add_certificate_authority(BufferOf(material.ca), error);
  return error ? Unusable(spec.ca_secret, "expected CA certificates in PEM") : absl::OkStatus();
}

absl::Status SetClientCertificate(ssl::context& context, const core::TlsSpec& spec, const Material& material) {
  if (spec.client_cert_secret.empty() && spec.client_key_secret.empty()) {
    return absl::OkStatus();
  }
  error_code error;
  // Without this, OpenSSL asks for the password of an encrypted key on the terminal.
  context.set_password_callback([](size_t, ssl::context::password_purpose) { return std::string(); }, error);
  context.use_certificate_chain(BufferOf(material.certificate), error);
  if (error) {
    return Unusable(spec.client_cert_secret, "expected a certificate chain in PEM");
  }
  context.use_private_key(BufferOf(material.key), ssl::context::pem, error);
  if (error || SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return Unusable(spec.client_key_secret, "expected the certificate's private key in PEM, not encrypted");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<ssl::context>> Build(const core::TlsSpec& spec, const Material& material) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, spec.min_version == core::TlsVersion::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  if (absl::Status status = SetAuthorities(*context, spec, material); !status.ok()) {
    return status;
  }
  if (absl::Status status = SetClientCertificate(*context, spec, material); !status.ok()) {
    return status;
  }
  return context;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> TlsContextCache::Get(const core::TlsSpec& spec) {
  auto material = ReadMaterial(spec, *secrets_);
  if (!material.ok()) {
    return material.status();
  }
  core::TlsSpec key = spec;
  key.server_name.clear();
  key.insecure_skip_verify = false;  // a matter of the connection, too
  std::string contents;
  for (const Secret* secret : {&material->ca, &material->certificate, &material->key}) {
    contents += fmt::format("{}:", secret->Reveal().size());
    contents += secret->Reveal();
  }
  Digest digest{};
  EVP_Digest(contents.data(), contents.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_cleanse(contents.data(), contents.size());

  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.spec == key; });
  if (found != entries_.end() && found->digest == digest) {
    return found->context;
  }
  auto context = Build(spec, *material);
  if (!context.ok()) {
    return context.status();
  }
  if (found != entries_.end()) {
    found->digest = digest;
    found->context = *context;
  } else {
    DropAllIfFull();
    entries_.push_back({.spec = std::move(key), .digest = digest, .context = *context});
  }
  return *std::move(context);
}

void TlsContextCache::DropAllIfFull() {
  if (entries_.size() >= kKeptEntries) {
    // Connections hold OpenSSL's own reference; what the cache alone holds may go, and is built anew when it is wanted.
    entries_.clear();
  }
}

}  // namespace holter::transport
