// The URL of a session, taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace holter::core {

// What dialling needs of a ws or wss URL.
struct Url {
  bool tls = false;
  std::string host;   // without brackets; a name or a numeric address
  uint16_t port = 0;  // the scheme's default when not given
  bool default_port = false;
  bool host_is_ipv6 = false;
  std::string target;  // path and query, at least "/"

  // Host and, unless it is the scheme's default, port: the Host header (RFC 6455 section 4.1).
  std::string HostHeader() const;
};

// RFC 3986 with scheme ws or wss; refuses user info, fragments, IPv6 zone ids, port 0, hosts that are numbers in other
// forms than dotted decimal (egress guards are fooled by them), and more than 2048 bytes. The message of the error says
// what was expected and never repeats the URL, which may hold a token. Path and query may hold ${name}.
absl::StatusOr<Url> ParseUrl(std::string_view text);

// Scheme, host and port for logs and labels: no user info, path or query.
std::string RedactUrl(std::string_view text);

// A peer that was declared as `declared` may send us to `target`: a valid URL that is not less protected. It holds no
// ${name}: a secret is put only where the declaration wants it.
bool MayMigrate(std::string_view declared, std::string_view target);

}  // namespace holter::core
