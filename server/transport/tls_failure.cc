#include "transport/tls_failure.h"

#include <openssl/x509_vfy.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <string>

namespace holter::transport {
namespace {

core::Reason ReasonOfVerifyResult(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return core::Reason::kTlsExpired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return core::Reason::kTlsName;
    default:
      return core::Reason::kTlsUntrusted;
  }
}

}  // namespace

core::DialFailure DescribeTlsError(const boost::system::error_code& error, long verify_result) {
  core::DialFailure failure{
      .reason = core::Reason::kTlsOther, .detail = error.message(), .http_status = 0, .retry_after = {}};
  if (verify_result != X509_V_OK) {
    failure.reason = ReasonOfVerifyResult(verify_result);
    failure.detail = std::string("certificate: ") + X509_verify_cert_error_string(verify_result);
  } else if (error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated) {
    failure.detail = "the peer ended the connection during the TLS handshake";
  }
  return failure;
}

}  // namespace holter::transport
