// Makes the channel factory of a loop. The only door into this room besides channel.h and egress_guard.h with what they
// include.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/operation_observer.h"
#include "base/secret.h"
#include "transport/channel.h"
#include "transport/egress_guard.h"

namespace holter::transport {

// What all loops share; each pointer outlives the factories.
struct TransportOptions {
  const Clock* clock = nullptr;
  const SecretSource* secrets = nullptr;
  const EgressGuard* guard = nullptr;
  OperationObserver* operations = nullptr;
  std::string dns_server;  // "host:port" of --dns-server; empty: the system's
  std::string user_agent = "holter";
};

// `io` outlives the factory and is run by one thread. Fails when --dns-server is malformed.
absl::StatusOr<std::unique_ptr<ChannelFactory>> MakeBeastChannelFactory(boost::asio::io_context& io,
                                                                        const TransportOptions& options);

}  // namespace holter::transport
