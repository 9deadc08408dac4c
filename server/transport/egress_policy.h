// What may be dialled: rules as an operator states them, and the verdict on one address.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/egress_ranges.h"

namespace holter::transport {

enum class EgressMode : uint8_t {
  kEnforce,
  kReport,  // what would be denied is dialled, and counted
  kOff,     // nothing is judged
};

// All that is given has to hold; one of it is given.
struct AllowRule {
  std::optional<Network> network;
  // In lower case without a last dot: "feed.example.org" is that host, "*.example.org" all that are below.
  std::string host;
  std::vector<std::pair<uint16_t, uint16_t>> ports;  // both ends in it; empty: all
};

struct EgressRules {
  EgressMode mode = EgressMode::kEnforce;
  bool allow_public = true;  // addresses in no denied range
  std::vector<Network> deny;
  std::vector<AllowRule> allow;
};

struct EgressPolicy {
  EgressRules everyone;
  std::map<std::string, EgressRules, std::less<>> tenants;  // whole, not on top of `everyone`
};

// Who dials what.
struct EgressTarget {
  uint32_t tenant = 0;  // of TenantNumbers
  std::string host;     // of the URL
  uint16_t port = 0;
};

struct EgressVerdict {
  bool allowed = false;
  std::string_view rule;               // of a closed set of words: what decided
  const DeniedRange* range = nullptr;  // that denied it, if one did
};

// In this order:
//   1. deny networks of the rules, which nothing opens;
//   2. allow rules. A rule opens a denied range only as far as it names it: a network those addresses of it that lie in
//      a range (0.0.0.0/0 opens none), a host alone the private and loopback ranges for that host, ports alone none;
//   3. loopback, while `allow_loopback`;
//   4. denied ranges;
//   5. public addresses, as the rules say.
// Behind a NAT64 address that a rule opens, the IPv4 address is judged in its turn.
EgressVerdict Judge(const EgressRules& rules, bool allow_loopback, const EgressTarget& target,
                    const boost::asio::ip::address& address);

// "443" or "8000-8999".
absl::StatusOr<std::pair<uint16_t, uint16_t>> ParsePorts(std::string_view text);
// A host name, or "*." and a name; in any case, perhaps with a last dot. INVALID_ARGUMENT for numbers.
absl::StatusOr<std::string> ParseHostRule(std::string_view text);

}  // namespace holter::transport
