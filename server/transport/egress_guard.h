// Opening connections on request is a weapon. The guard judges the numeric address of every dial, after resolution, and the very
// address that was judged is dialled.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

#include "absl/status/status.h"

namespace holter::transport {

// Immutable; any thread.
class EgressGuard {
 public:
  // `allow_loopback`: while every listener of ours is on loopback, loopback targets are allowed.
  explicit EgressGuard(bool allow_loopback) : allow_loopback_(allow_loopback) {}

  // PERMISSION_DENIED names the range that forbids the address (private, loopback, link-local, metadata, transition prefixes …).
  absl::Status Check(const boost::asio::ip::address& address) const;

 private:
  const bool allow_loopback_;
};

}  // namespace holter::transport
