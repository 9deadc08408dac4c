#include "rpc/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <cstdint>
#include <string>

namespace holter::rpc {
namespace {

// gRPC's C++ credentials either never change or watch files by themselves, and would take a key that does not fit the
// certificate. Its C core asks us at every handshake, and keeps what it has unless we have something new.
class ReloadingCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadingCredentials(const access::ServerCertificate& certificate) : certificate_(certificate) {
    grpc_ssl_server_credentials_options* const options =
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            certificate.demands_client_certificate() ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                     : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
            &ReloadingCredentials::Fetch, this);
    credentials_ = grpc_ssl_server_credentials_create_with_options(options);
  }
  ~ReloadingCredentials() override { grpc_server_credentials_release(credentials_); }

  // Nobody sets one: tokens are read from the call's metadata (access_gate.h).
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  // Serialized by gRPC, on its threads.
  static grpc_ssl_certificate_config_reload_status Fetch(void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadingCredentials*>(self)->Fetch(config);
  }

  grpc_ssl_certificate_config_reload_status Fetch(grpc_ssl_server_certificate_config** config) {
    const uint64_t generation = certificate_.generation();
    if (generation == fetched_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const std::shared_ptr<const access::CertificateTexts> texts = certificate_.texts();
    const grpc_ssl_pem_key_cert_pair pair = {texts->key.Reveal().c_str(), texts->chain.c_str()};
    // gRPC wants authorities also where nobody is asked for a certificate; then it never uses them.
    const std::string& authorities = texts->authorities.empty() ? texts->chain : texts->authorities;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    fetched_ = generation;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  const access::ServerCertificate& certificate_;
  grpc_server_credentials* credentials_;
  uint64_t fetched_ = 0;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const access::ServerCertificate& certificate) {
  return std::make_shared<ReloadingCredentials>(certificate);
}

}  // namespace holter::rpc
