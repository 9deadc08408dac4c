#include "transport/connect_error.h"

#include <fmt/format.h>

#include <cerrno>

namespace holter::transport {

core::Reason ReasonOfConnectError(const boost::system::error_code& error,
                                  const boost::asio::ip::tcp::endpoint& endpoint) {
  switch (error.value()) {
    case EADDRNOTAVAIL:
      // No local port is left; but for ::1 it says that IPv6 is switched off here.
      return endpoint.address().is_v6() && endpoint.address().is_loopback() ? core::Reason::kUnreachable
                                                                            : core::Reason::kLocalResource;
    case EMFILE:
    case ENFILE:
    case EADDRINUSE:
    case ENOBUFS:
    case ENOMEM:
      return core::Reason::kLocalResource;
    case ECONNREFUSED:
    case ECONNRESET:
      return core::Reason::kConnectRefused;
    case ETIMEDOUT:
      return core::Reason::kConnectTimeout;
    default:
      return core::Reason::kUnreachable;
  }
}

std::string FormatEndpoint(const boost::asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace holter::transport
