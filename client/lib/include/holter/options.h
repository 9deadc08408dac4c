// What a client is told once, and what is told with a call.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "holter/retry.h"
#include "holter/v1/session.pb.h"

namespace holter::client {

// Files are read when the client is made.
struct TlsOptions {
  std::string ca_file{};    // PEM of the authorities to trust; empty: the system's
  std::string cert_file{};  // PEM of our own certificate chain, for a server that asks for one; needs key_file
  std::string key_file{};
  std::string server_name{};  // verified in place of the host of `server`
};

struct ClientOptions {
  std::string server = "127.0.0.1:7600";  // a gRPC target
  // Of one call, its repetitions included. List counts every page as one call. A watch has none.
  std::chrono::nanoseconds deadline = std::chrono::seconds(10);
  // While the server is UNAVAILABLE. Repeated are reads, and changes that carry a request_id, which the server takes
  // once.
  RetryOptions retry{};
  std::optional<TlsOptions> tls{};  // none: plaintext
  // Holds a bearer token; read at every attempt, so that another token needs no other client. It is sent over TLS or to
  // this machine's loopback; anywhere else every call is FAILED_PRECONDITION and nothing is sent.
  std::string token_file{};
};

// How a change is meant. What a call cannot use is ignored.
struct ChangeOptions {
  bool validate_only = false;  // check, and change nothing
  bool allow_missing = false;  // Update creates what is not there; Delete of it is no error
  std::string etag{};  // the session has to have it still, else ABORTED; of Create and Update it is session.etag
  // A UUID of version 4; empty: the client draws one.
  std::string request_id{};
};

// Which sessions, in which order; the server's syntax (ListSessionsRequest).
struct ListOptions {
  std::string filter{};
  std::string order_by{};
  int limit = 0;  // most sessions to take; 0: all
};

// Which events; the newest are told first.
struct EventOptions {
  std::optional<std::chrono::system_clock::time_point> start{};  // at or after
  std::optional<std::chrono::system_clock::time_point> end{};    // before
  std::vector<v1::Reason> reasons{};                             // REASON_UNSPECIFIED is that of a recovery; none: any
  int limit = 0;                                                 // most events to take; 0: all
};

}  // namespace holter::client
