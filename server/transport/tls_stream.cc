// WebSocket over TLS.
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <ctime>

#include "transport/beast_ws_stream.h"
#include "transport/tls_failure.h"
#include "transport/tls_socket.h"

namespace holter::transport {
namespace {

namespace ssl = boost::asio::ssl;

class TlsStream final : public BeastWsStream<TlsSocket> {
 public:
  TlsStream(Connection& owner, CountedSocket socket, ssl::context& context, const TlsPeer& peer)
      : BeastWsStream(owner, std::move(socket.file), std::move(socket.socket), context.native_handle()),
        verify_(peer.verify) {
    Expect(peer);
  }

  void StartTls() override {
    next().async_handshake([alive = Alive(&connection()), this](const boost::system::error_code& error) {
      const long verdict = verify_ ? SSL_get_verify_result(native()) : X509_V_OK;
      connection().OnTlsDone(error ? DescribeTlsError(error, verdict) : core::DialFailure());
    });
  }

  // Says farewell in TLS and waits for the peer's, or for its end of the connection.
  void StartLinger() override {
    next().async_shutdown([alive = Alive(&connection())](const boost::system::error_code&) { alive->OnLingerDone(); });
  }

  bool InputPending() override { return next().read_posted() || BeastWsStream::InputPending(); }

  std::optional<WallTime> TlsExpiry() const override {
    const X509* const certificate = SSL_get0_peer_certificate(native());
    std::tm date{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &date) != 1) {
      return std::nullopt;
    }
    return WallTime(std::chrono::seconds(timegm(&date)));
  }

 private:
  SSL* native() const { return next().native_handle(); }

  // Whom the certificate must name, and whom we ask for (SNI takes names only, RFC 6066 section 3).
  void Expect(const TlsPeer& peer) {
    std::string name = peer.name;
    if (name.ends_with('.')) {
      name.pop_back();
    }
    boost::system::error_code not_numeric;
    boost::asio::ip::make_address(name, not_numeric);
    X509_VERIFY_PARAM* const param = SSL_get0_param(native());
    if (not_numeric) {
      SSL_set_tlsext_host_name(native(), name.c_str());
      X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      X509_VERIFY_PARAM_set1_host(param, name.data(), name.size());
    } else {
      X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str());
    }
    SSL_set_verify(native(), verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  }

  const bool verify_;
};

}  // namespace

std::unique_ptr<WsStream> MakeTlsStream(Connection& connection, CountedSocket socket, ssl::context& context,
                                        const TlsPeer& peer) {
  return std::make_unique<TlsStream>(connection, std::move(socket), context, peer);
}

}  // namespace holter::transport
