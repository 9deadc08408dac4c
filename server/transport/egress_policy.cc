#include "transport/egress_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "core/url.h"

namespace holter::transport {
namespace {

namespace ip = boost::asio::ip;

// `rule` may begin with "*.".
bool MatchesHost(std::string_view rule, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (!rule.starts_with("*.")) return rule == host;
  return host.size() > rule.size() - 1 && host.ends_with(rule.substr(1));
}

bool Matches(const AllowRule& rule, const EgressTarget& target, const ip::address& address) {
  const auto holds_port = [&](const auto& range) { return range.first <= target.port && target.port <= range.second; };
  return (!rule.network || rule.network->Contains(address)) &&
         (rule.host.empty() || MatchesHost(rule.host, target.host)) &&
         (rule.ports.empty() || std::any_of(rule.ports.begin(), rule.ports.end(), holds_port));
}

// `range` holds the address that the rule matches.
bool Opens(const AllowRule& rule, const DeniedRange& range, const ip::address& address) {
  if (!rule.network) return !rule.host.empty() && range.opens_by_name;
  const int whole = address.is_v6() ? 128 : 32;
  return range.network.Contains(address) ? range.network.Contains(*rule.network) : rule.network->bits == whole;
}

std::string_view WordOf(const AllowRule& rule) {
  if (rule.network) return "allow_network";
  return rule.host.empty() ? "allow_port" : "allow_host";
}

ip::address_v4 BehindNat64(const ip::address& address) {
  const auto bytes = address.to_v6().to_bytes();
  return ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

}  // namespace

EgressVerdict Judge(const EgressRules& rules, bool allow_loopback, const EgressTarget& target,
                    const ip::address& dialled) {
  if (rules.mode == EgressMode::kOff) return {.allowed = true, .rule = "off"};
  const ip::address address = Undress(dialled);
  for (const Network& network : rules.deny) {
    if (network.Contains(address)) return {.allowed = false, .rule = "deny_network"};
  }
  const DeniedRange* const range = FindDenied(address);
  for (const AllowRule& rule : rules.allow) {
    if (!Matches(rule, target, address) || (range != nullptr && !Opens(rule, *range, address))) continue;
    if (range != nullptr && range->kind == kNat64Kind) {
      return Judge(rules, allow_loopback, target, BehindNat64(address));
    }
    return {.allowed = true, .rule = WordOf(rule)};
  }
  if (range != nullptr) {
    const bool allowed = allow_loopback && range->kind == kLoopbackKind;
    return {.allowed = allowed, .rule = range->kind, .range = allowed ? nullptr : range};
  }
  return {.allowed = rules.allow_public, .rule = "public"};
}

absl::StatusOr<std::pair<uint16_t, uint16_t>> ParsePorts(std::string_view text) {
  uint16_t first = 0;
  const char* const end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, first);
  uint16_t last = first;
  if (error == std::errc() && rest != end && *rest == '-') {
    const auto parsed = std::from_chars(rest + 1, end, last);
    rest = parsed.ptr;
    error = parsed.ec;
  }
  if (error != std::errc() || rest != end || first == 0 || last < first) {
    return absl::InvalidArgumentError("expected a port or a range of ports, such as 443 or 8000-8999");
  }
  return std::pair(first, last);
}

absl::StatusOr<std::string> ParseHostRule(std::string_view text) {
  const std::string_view mark = text.starts_with("*.") ? "*." : "";
  const absl::StatusOr<core::Url> url = core::ParseUrl(fmt::format("ws://{}/", text.substr(mark.size())));
  boost::system::error_code not_numeric;
  if (url.ok()) ip::make_address(url->host, not_numeric);
  if (!url.ok() || !not_numeric || url->target != "/" || text.find(':') != std::string_view::npos) {
    return absl::InvalidArgumentError("expected a host such as feed.example.org, or *.example.org for all below it");
  }
  std::string host = url->host;
  if (host.ends_with('.')) host.pop_back();
  return fmt::format("{}{}", mark, host);
}

}  // namespace holter::transport
