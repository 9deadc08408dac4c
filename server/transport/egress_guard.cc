#include "transport/egress_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace holter::transport {
namespace {

namespace ip = boost::asio::ip;

// One denied range. IPv4 bytes stand at the front of `prefix`.
struct Range {
  std::array<uint8_t, 16> prefix;
  int bits;
  std::string_view text;  // as people write it
  std::string_view name;  // why it is denied
};

// The addresses of clouds' metadata services come before the ranges that hold them, for the better message.
constexpr Range kDeniedV4[] = {
    {{169, 254, 169, 254}, 32, "169.254.169.254/32", "cloud metadata"},
    {{100, 100, 100, 200}, 32, "100.100.100.200/32", "cloud metadata"},
    {{192, 0, 0, 192}, 32, "192.0.0.192/32", "cloud metadata"},
    {{168, 63, 129, 16}, 32, "168.63.129.16/32", "cloud metadata"},  // Azure's, although the address is public
    {{0}, 8, "0.0.0.0/8", "this network"},
    {{10}, 8, "10.0.0.0/8", "private"},
    {{100, 64}, 10, "100.64.0.0/10", "carrier-grade NAT"},
    {{169, 254}, 16, "169.254.0.0/16", "link-local"},
    {{172, 16}, 12, "172.16.0.0/12", "private"},
    {{192, 0, 0}, 24, "192.0.0.0/24", "IETF protocol assignments"},
    {{192, 0, 2}, 24, "192.0.2.0/24", "documentation"},
    {{192, 88, 99}, 24, "192.88.99.0/24", "6to4 relay anycast"},
    {{192, 168}, 16, "192.168.0.0/16", "private"},
    {{198, 18}, 15, "198.18.0.0/15", "benchmarking"},
    {{198, 51, 100}, 24, "198.51.100.0/24", "documentation"},
    {{203, 0, 113}, 24, "203.0.113.0/24", "documentation"},
    {{224}, 4, "224.0.0.0/4", "multicast"},
    {{240}, 4, "240.0.0.0/4", "reserved"},
};
constexpr Range kLoopbackV4 = {{127}, 8, "127.0.0.0/8", "loopback"};

// Transition prefixes are denied whole: what they lead to depends on gateways that nobody here knows.
constexpr Range kDeniedV6[] = {
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, "fd00:ec2::254/128", "cloud metadata"},
    {{}, 128, "::/128", "unspecified"},
    {{0x00, 0x64, 0xff, 0x9b}, 96, "64:ff9b::/96", "NAT64"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "64:ff9b:1::/48", "local NAT64"},
    {{0x01, 0x00}, 64, "100::/64", "discard"},
    {{0x20, 0x01}, 32, "2001::/32", "Teredo"},
    {{0x20, 0x01, 0x00, 0x10}, 28, "2001:10::/28", "ORCHID"},
    {{0x20, 0x01, 0x00, 0x20}, 28, "2001:20::/28", "ORCHIDv2"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "2001:db8::/32", "documentation"},
    {{0x20, 0x02}, 16, "2002::/16", "6to4"},
    {{0x3f, 0xff}, 20, "3fff::/20", "documentation"},
    {{0x5f, 0x00}, 16, "5f00::/16", "segment routing"},
    {{0xfc}, 7, "fc00::/7", "unique local"},
    {{0xfe, 0x80}, 10, "fe80::/10", "link-local"},
    {{0xfe, 0xc0}, 10, "fec0::/10", "site-local"},
    {{0xff}, 8, "ff00::/8", "multicast"},
};
constexpr Range kLoopbackV6 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "::1/128", "loopback"};
constexpr std::string_view kIsatapText = "::5efe:0:0";

bool Contains(const Range& range, const uint8_t* address) {
  const int whole = range.bits / 8;
  if (!std::equal(address, address + whole, range.prefix.begin())) {
    return false;
  }
  const int rest = range.bits % 8;
  return rest == 0 || ((address[whole] ^ range.prefix[static_cast<size_t>(whole)]) >> (8 - rest)) == 0;
}

template <size_t kCount>
const Range* Find(const Range (&ranges)[kCount], const uint8_t* address) {
  const Range* found =
      std::find_if(ranges, ranges + kCount, [&](const Range& range) { return Contains(range, address); });
  return found == ranges + kCount ? nullptr : found;
}

absl::Status Denied(const ip::address& address, std::string_view range, std::string_view name) {
  return MakeError(absl::StatusCode::kPermissionDenied, "EGRESS_DENIED",
                   fmt::format("{} is in {} ({}), which is not allowed as a target", address.to_string(), range, name),
                   {{"address", address.to_string()}, {"range", std::string(range)}});
}

// ::ffff:a.b.c.d and ::a.b.c.d; :: and ::1 are addresses of their own.
std::optional<ip::address_v4> Unwrap(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  const bool compatible = std::all_of(bytes.begin(), bytes.begin() + 12, [](uint8_t byte) { return byte == 0; });
  if (!address.is_v4_mapped() && (!compatible || address.is_unspecified() || address.is_loopback())) {
    return std::nullopt;
  }
  return ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

// Interface identifier 0000:5efe or 0200:5efe in front of an IPv4 address (RFC 5214), under any prefix.
bool IsIsatap(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  return (bytes[8] & 0xfdU) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

}  // namespace

absl::Status EgressGuard::Check(const ip::address& address) const {
  if (open_) return absl::OkStatus();
  const auto judge = [&](const Range& loopback, const auto& denied, const uint8_t* bytes) {
    if (Contains(loopback, bytes)) {
      return allow_loopback_ ? absl::OkStatus() : Denied(address, loopback.text, loopback.name);
    }
    const Range* range = Find(denied, bytes);
    return range == nullptr ? absl::OkStatus() : Denied(address, range->text, range->name);
  };
  if (address.is_v4()) {
    return judge(kLoopbackV4, kDeniedV4, address.to_v4().to_bytes().data());
  }
  const ip::address_v6 v6 = address.to_v6();
  if (const auto inner = Unwrap(v6)) {
    return judge(kLoopbackV4, kDeniedV4, inner->to_bytes().data());
  }
  if (IsIsatap(v6)) {
    return Denied(address, kIsatapText, "ISATAP");
  }
  return judge(kLoopbackV6, kDeniedV6, v6.to_bytes().data());
}

}  // namespace holter::transport
