#include "transport/egress_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace holter::transport {
namespace {

namespace ip = boost::asio::ip;

constexpr DeniedRange V4(std::array<uint8_t, 16> prefix, int bits, std::string_view text, std::string_view name,
                         std::string_view kind, bool opens_by_name = false) {
  return {{.is_v6 = false, .prefix = prefix, .bits = bits}, text, name, kind, opens_by_name};
}

constexpr DeniedRange V6(std::array<uint8_t, 16> prefix, int bits, std::string_view text, std::string_view name,
                         std::string_view kind, bool opens_by_name = false) {
  return {{.is_v6 = true, .prefix = prefix, .bits = bits}, text, name, kind, opens_by_name};
}

// The addresses of clouds' metadata services come before the ranges that hold them: they are not opened with those.
// Transition prefixes are denied whole: what they lead to depends on gateways that nobody here knows.
constexpr DeniedRange kDenied[] = {
    V4({169, 254, 169, 254}, 32, "169.254.169.254/32", "cloud metadata", "metadata"),
    V4({100, 100, 100, 200}, 32, "100.100.100.200/32", "cloud metadata", "metadata"),
    V4({192, 0, 0, 192}, 32, "192.0.0.192/32", "cloud metadata", "metadata"),
    // Azure's, although the address is public.
    V4({168, 63, 129, 16}, 32, "168.63.129.16/32", "cloud metadata", "metadata"),
    V4({127}, 8, "127.0.0.0/8", "loopback", kLoopbackKind, true),
    V4({0}, 8, "0.0.0.0/8", "this network", "reserved"),
    V4({10}, 8, "10.0.0.0/8", "private", "private", true),
    V4({100, 64}, 10, "100.64.0.0/10", "carrier-grade NAT", "private", true),
    V4({169, 254}, 16, "169.254.0.0/16", "link-local", "link_local"),
    V4({172, 16}, 12, "172.16.0.0/12", "private", "private", true),
    V4({192, 0, 0}, 24, "192.0.0.0/24", "IETF protocol assignments", "reserved"),
    V4({192, 0, 2}, 24, "192.0.2.0/24", "documentation", "reserved"),
    V4({192, 88, 99}, 24, "192.88.99.0/24", "6to4 relay anycast", "transition"),
    V4({192, 168}, 16, "192.168.0.0/16", "private", "private", true),
    V4({198, 18}, 15, "198.18.0.0/15", "benchmarking", "reserved"),
    V4({198, 51, 100}, 24, "198.51.100.0/24", "documentation", "reserved"),
    V4({203, 0, 113}, 24, "203.0.113.0/24", "documentation", "reserved"),
    V4({224}, 4, "224.0.0.0/4", "multicast", "multicast"),
    V4({240}, 4, "240.0.0.0/4", "reserved", "reserved"),
    V6({0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, "fd00:ec2::254/128", "cloud metadata",
       "metadata"),
    V6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "::1/128", "loopback", kLoopbackKind, true),
    V6({}, 128, "::/128", "unspecified", "reserved"),
    V6({0x00, 0x64, 0xff, 0x9b}, 96, "64:ff9b::/96", "NAT64", kNat64Kind),
    V6({0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "64:ff9b:1::/48", "local NAT64", "transition"),
    V6({0x01, 0x00}, 64, "100::/64", "discard", "reserved"),
    V6({0x20, 0x01}, 32, "2001::/32", "Teredo", "transition"),
    V6({0x20, 0x01, 0x00, 0x10}, 28, "2001:10::/28", "ORCHID", "reserved"),
    V6({0x20, 0x01, 0x00, 0x20}, 28, "2001:20::/28", "ORCHIDv2", "reserved"),
    V6({0x20, 0x01, 0x0d, 0xb8}, 32, "2001:db8::/32", "documentation", "reserved"),
    V6({0x20, 0x02}, 16, "2002::/16", "6to4", "transition"),
    V6({0x3f, 0xff}, 20, "3fff::/20", "documentation", "reserved"),
    V6({0x5f, 0x00}, 16, "5f00::/16", "segment routing", "reserved"),
    V6({0xfc}, 7, "fc00::/7", "unique local", "private", true),
    V6({0xfe, 0x80}, 10, "fe80::/10", "link-local", "link_local"),
    V6({0xfe, 0xc0}, 10, "fec0::/10", "site-local", "private"),
    V6({0xff}, 8, "ff00::/8", "multicast", "multicast"),
};

// Under any prefix, so only a rule for that very address can lie in it.
constexpr DeniedRange kIsatap = V6({}, 128, "::5efe:0:0", "ISATAP", "transition");

// Interface identifier 0000:5efe or 0200:5efe in front of an IPv4 address (RFC 5214).
bool IsIsatap(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  return (bytes[8] & 0xfdU) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

std::array<uint8_t, 16> BytesOf(const ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  std::array<uint8_t, 16> bytes{};
  const auto v4 = address.to_v4().to_bytes();
  std::copy(v4.begin(), v4.end(), bytes.begin());
  return bytes;
}

// Whether the first `bits` are the same.
bool BeginAlike(const std::array<uint8_t, 16>& a, const std::array<uint8_t, 16>& b, int bits) {
  const int whole = bits / 8;
  const int rest = bits % 8;
  return std::equal(a.begin(), a.begin() + whole, b.begin()) &&
         (rest == 0 || ((a[static_cast<size_t>(whole)] ^ b[static_cast<size_t>(whole)]) >> (8 - rest)) == 0);
}

absl::Status Expected(std::string_view what) { return absl::InvalidArgumentError(fmt::format("expected {}", what)); }

}  // namespace

bool Network::Contains(const ip::address& address) const {
  return address.is_v6() == is_v6 && BeginAlike(prefix, BytesOf(address), bits);
}

bool Network::Contains(const Network& other) const {
  return other.is_v6 == is_v6 && other.bits >= bits && BeginAlike(prefix, other.prefix, bits);
}

absl::StatusOr<Network> ParseNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  boost::system::error_code malformed;
  const ip::address address = ip::make_address(std::string(text.substr(0, slash)), malformed);
  if (malformed || text.find('%') != std::string_view::npos) {
    return Expected("a network such as 10.0.0.0/8 or 2606:4700::/32");
  }
  Network network{.is_v6 = address.is_v6(), .prefix = BytesOf(address), .bits = address.is_v6() ? 128 : 32};
  if (slash != std::string_view::npos) {
    const int most = network.bits;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, network.bits);
    if (error != std::errc() || rest != end || network.bits < 0 || network.bits > most) {
      return Expected(fmt::format("a prefix length from 0 to {}", most));
    }
  }
  const Network clothed{.is_v6 = true, .prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, .bits = 96};
  if (clothed.Contains(network)) return Expected("IPv4 networks in dotted decimal form");
  for (int bit = network.bits; bit < 128; ++bit) {
    if ((network.prefix[static_cast<size_t>(bit / 8)] & (0x80U >> (bit % 8))) != 0) {
      return Expected("no bits behind the prefix, as in 10.0.0.0/8");
    }
  }
  return network;
}

ip::address Undress(const ip::address& address) {
  if (address.is_v4()) return address;
  const ip::address_v6 v6 = address.to_v6();
  const auto bytes = v6.to_bytes();
  const bool compatible = std::all_of(bytes.begin(), bytes.begin() + 12, [](uint8_t byte) { return byte == 0; });
  // :: and ::1 are addresses of their own.
  if (!v6.is_v4_mapped() && (!compatible || v6.is_unspecified() || v6.is_loopback())) return address;
  return ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

const DeniedRange* FindDenied(const ip::address& address) {
  if (address.is_v6() && IsIsatap(address.to_v6())) return &kIsatap;
  const auto* const found = std::find_if(std::begin(kDenied), std::end(kDenied),
                                         [&](const DeniedRange& range) { return range.network.Contains(address); });
  return found == std::end(kDenied) ? nullptr : found;
}

}  // namespace holter::transport
