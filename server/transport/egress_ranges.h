// The addresses that no session may reach unless a rule says so, and networks as people write them.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace holter::transport {

// Addresses that begin alike. IPv4 bytes stand at the front of `prefix`.
struct Network {
  bool is_v6 = false;
  std::array<uint8_t, 16> prefix{};
  int bits = 0;

  bool Contains(const boost::asio::ip::address& address) const;
  // True when all of `other` lies in it.
  bool Contains(const Network& other) const;
};

// "10.0.0.0/8", "2606:4700::/32", or one address. INVALID_ARGUMENT: malformed, or bits are set behind the prefix, or
// IPv4 in IPv6 clothes.
absl::StatusOr<Network> ParseNetwork(std::string_view text);

struct DeniedRange {
  Network network;
  std::string_view text;  // as people write it
  std::string_view name;  // why it is denied
  std::string_view kind;  // of a closed set of words, for metrics
  bool opens_by_name;     // a rule that names a host and no network opens it for that host
};

// IPv4 in IPv6 clothes (::ffff:a.b.c.d, ::a.b.c.d) as IPv4; all others as they are.
boost::asio::ip::address Undress(const boost::asio::ip::address& address);

// The first range that holds the address, which has been undressed; null: a public address.
const DeniedRange* FindDenied(const boost::asio::ip::address& address);

// The words of `kind`.
inline constexpr std::string_view kLoopbackKind = "loopback";
inline constexpr std::string_view kNat64Kind = "nat64";

}  // namespace holter::transport
