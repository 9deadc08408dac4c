#include "core/url.h"

#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "core/parameter_text.h"

namespace holter::core {
namespace {

constexpr size_t kMaxUrlBytes = 2048;
constexpr size_t kMaxNameBytes = 253;  // RFC 1035 section 2.3.4, without the last dot
constexpr size_t kMaxLabelBytes = 63;
constexpr uint16_t kWsPort = 80;
constexpr uint16_t kWssPort = 443;

absl::Status Expected(std::string_view what) {
  return absl::InvalidArgumentError(absl::string_view(what.data(), what.size()));
}

// "7", "0x7f", "0X7F": what old address parsers read as a number, so that "2130706433" or "0x7f.1" is 127.0.0.1 to
// them.
bool LooksLikeNumber(std::string_view label) {
  if (label.size() >= 2 && label[0] == '0' && label[1] == 'x') {
    return label.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
  }
  return label.find_first_not_of("0123456789") == std::string_view::npos;
}

absl::Status CheckLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) {
    return Expected("expected a host name whose labels have 1 to 63 characters");
  }
  if (label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string_view::npos) {
    return Expected("expected a host name of letters, digits, hyphens and dots (other scripts in punycode)");
  }
  return absl::OkStatus();
}

// `name` is in lower case.
absl::Status CheckHostName(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return Expected("expected a host");
  if (name.size() > kMaxNameBytes) return Expected("expected a host name of at most 253 characters");
  std::string_view last;
  for (size_t begin = 0; begin <= name.size();) {
    size_t end = name.find('.', begin);
    if (end == std::string_view::npos) end = name.size();
    last = name.substr(begin, end - begin);
    if (absl::Status status = CheckLabel(last); !status.ok()) return status;
    begin = end + 1;
  }
  if (LooksLikeNumber(last)) return Expected("expected a numeric address in dotted decimal form, such as 192.0.2.1");
  return absl::OkStatus();
}

absl::Status TakeHost(const boost::urls::url_view& view, Url& url) {
  const std::string_view encoded(view.encoded_host().data(), view.encoded_host().size());
  if (encoded.find('%') != std::string_view::npos) {
    return Expected(encoded.starts_with('[') ? "expected an IPv6 address without a zone id"
                                             : "expected a host without percent-encoding");
  }
  switch (view.host_type()) {
    case boost::urls::host_type::ipv4:
      url.host = std::string(encoded);
      return absl::OkStatus();
    case boost::urls::host_type::ipv6:
      url.host = absl::AsciiStrToLower(absl::string_view(encoded.data() + 1, encoded.size() - 2));
      url.host_is_ipv6 = true;
      return absl::OkStatus();
    case boost::urls::host_type::name:
      url.host = absl::AsciiStrToLower(absl::string_view(encoded.data(), encoded.size()));
      return CheckHostName(url.host);
    default:
      return Expected("expected a host name or an IPv4 or IPv6 address");
  }
}

absl::Status TakePort(const boost::urls::url_view& view, Url& url) {
  const uint16_t usual = url.tls ? kWssPort : kWsPort;
  const std::string_view text(view.port().data(), view.port().size());
  url.port = usual;
  if (!text.empty()) {
    unsigned number = 0;
    for (char digit : text) {
      number = number * 10 + static_cast<unsigned>(digit - '0');
      if (number > UINT16_MAX) break;
    }
    if (number == 0 || number > UINT16_MAX) return Expected("expected a port from 1 to 65535");
    url.port = static_cast<uint16_t>(number);
  }
  url.default_port = url.port == usual;
  return absl::OkStatus();
}

}  // namespace

std::string Url::HostHeader() const {
  std::string text = host_is_ipv6 ? "[" + host + "]" : host;
  if (!default_port) text += ":" + std::to_string(port);
  return text;
}

namespace {

// Secrets are put into a URL when it is dialled; until then their names stand there, and are read as any other text.
std::string EncodeNames(std::string_view text) {
  return ReplaceParameters(text, [](std::string_view name) { return std::optional(fmt::format("%24%7B{}%7D", name)); });
}

}  // namespace

absl::StatusOr<Url> ParseUrl(std::string_view declared) {
  const std::string text = EncodeNames(declared);
  if (text.size() > kMaxUrlBytes) return Expected("expected a URL of at most 2048 bytes");
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (!parsed) return Expected("expected a URL such as ws://host:port/path or wss://host/path (RFC 3986)");
  const boost::urls::url_view& view = *parsed;

  Url url;
  const std::string scheme = absl::AsciiStrToLower(absl::string_view(view.scheme().data(), view.scheme().size()));
  if (scheme != "ws" && scheme != "wss") return Expected("expected the scheme ws or wss");
  url.tls = scheme == "wss";
  if (!view.has_authority()) return Expected("expected \"//\" and a host after the scheme");
  if (view.has_userinfo()) return Expected("expected a URL without user info; use a header with ${secret:name/key}");
  if (view.has_fragment()) return Expected("expected a URL without a fragment (RFC 6455 section 3)");
  if (absl::Status status = TakeHost(view, url); !status.ok()) return status;
  if (absl::Status status = TakePort(view, url); !status.ok()) return status;

  // Boost.URL 1.81 ends the authority at the first byte that fits no host or port and takes the rest for a path, so
  // that "ws://127.0.0.1.evil/" would be 127.0.0.1. After an authority a path is empty or starts with "/" (RFC 3986
  // section 3.3).
  if (!view.encoded_path().empty() && view.encoded_path().front() != '/') {
    return Expected("expected a host, perhaps a port from 1 to 65535, then \"/\"");
  }
  url.target.assign(view.encoded_path().data(), view.encoded_path().size());
  if (url.target.empty()) url.target = "/";
  if (view.has_query()) {
    url.target += '?';
    url.target.append(view.encoded_query().data(), view.encoded_query().size());
  }
  return url;
}

std::string RedactUrl(std::string_view text) {
  const absl::StatusOr<Url> url = ParseUrl(text);
  if (!url.ok()) return "(not a valid URL)";
  return (url->tls ? "wss://" : "ws://") + url->HostHeader();
}

bool MayMigrate(std::string_view declared, std::string_view target) {
  if (target.find("${") != std::string_view::npos) return false;
  const absl::StatusOr<Url> from = ParseUrl(declared);
  const absl::StatusOr<Url> to = ParseUrl(target);
  return to.ok() && from.ok() && (to->tls || !from->tls);
}

}  // namespace holter::core
