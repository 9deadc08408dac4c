// Why a TLS handshake failed.
#pragma once

#include <boost/system/error_code.hpp>

#include "core/session_event.h"

namespace holter::transport {

// `verify_result` is OpenSSL's word on the peer's certificate.
core::DialFailure DescribeTlsError(const boost::system::error_code& error, long verify_result);

}  // namespace holter::transport
