// Opening connections on request is a weapon. The guard judges the numeric address of every dial, after resolution, and
// the very address that was judged is dialled.
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
  // Allows everything: for a program whose user could dial anything anyway.
  static EgressGuard Open() { return EgressGuard(true, true); }

  // PERMISSION_DENIED names the range that forbids the address (private, loopback, link-local, metadata, transition
  // prefixes …).
  absl::Status Check(const boost::asio::ip::address& address) const;

 private:
  EgressGuard(bool allow_loopback, bool open) : allow_loopback_(allow_loopback), open_(open) {}

  const bool allow_loopback_;
  const bool open_ = false;
};

}  // namespace holter::transport
