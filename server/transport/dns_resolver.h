// Resolves names on the loop, without a thread and without ever blocking it: c-ares, driven by Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace holter::transport {

// One a loop; used on the loop's thread. Files (/etc/hosts) come before the network, as c-ares' defaults have it.
class DnsResolver {
 public:
  // Not empty when OK. The message of an error says what the resolver said.
  using Answer = absl::StatusOr<std::vector<boost::asio::ip::address>>;
  using Done = std::function<void(Answer)>;

  // A question that is open. Destroying it cancels it alone: nothing is heard of it any more.
  class Query {
   public:
    virtual ~Query() = default;
  };

  // Once one family has answered, the other has this long (RFC 8305 section 3).
  static constexpr Duration kResolutionDelay = std::chrono::milliseconds(50);

  // Where the system says its servers, and their port.
  struct System {
    std::string file = "/etc/resolv.conf";
    uint16_t port = 53;
  };
  // How often the file is looked at, at most.
  static constexpr Duration kFilePeriod = std::chrono::seconds(1);

  // `server` is "host:port" with a numeric host, or empty for the system's: its file is read again when a question
  // finds it changed. INVALID_ARGUMENT when it is malformed.
  static absl::StatusOr<std::unique_ptr<DnsResolver>> Create(boost::asio::io_context& io, const std::string& server,
                                                             const System& system);
  static absl::StatusOr<std::unique_ptr<DnsResolver>> Create(boost::asio::io_context& io, const std::string& server) {
    return Create(io, server, System());
  }

  // Cancels what is open.
  virtual ~DnsResolver() = default;

  // Asks for A and AAAA. `done` is called once, never from within Resolve. The caller sets the deadline: he destroys
  // the query.
  virtual std::unique_ptr<Query> Resolve(const std::string& host, Done done) = 0;
};

}  // namespace holter::transport
