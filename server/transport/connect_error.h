// What the kernel's refusal of a connect means.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <string>

#include "core/reason.h"

namespace holter::transport {

// kLocalResource for want of descriptors, ports or memory here; else what it says of the peer or the way to it.
core::Reason ReasonOfConnectError(const boost::system::error_code& error,
                                  const boost::asio::ip::tcp::endpoint& endpoint);

// "192.0.2.1:443", "[2001:db8::1]:443".
std::string FormatEndpoint(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace holter::transport
