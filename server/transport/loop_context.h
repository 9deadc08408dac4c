// What the connections of one loop share.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <memory>
#include <unordered_map>
#include <utility>

#include "transport/dns_resolver.h"
#include "transport/happy_eyeballs.h"
#include "transport/tcp_socket.h"
#include "transport/tls_context.h"
#include "transport/transport.h"

namespace holter::transport {

class Connection;

// Made by the factory; outlives it while handlers run.
struct LoopContext : LoopCounted<LoopContext> {
  LoopContext(boost::asio::io_context& loop, TransportOptions shared, std::unique_ptr<DnsResolver> dns)
      : io(loop),
        options(std::move(shared)),
        files(new OpenFileCounter),
        resolver(std::move(dns)),
        dialer(loop, files),
        tls_contexts(options.secrets) {}

  boost::asio::io_context& io;
  const TransportOptions options;
  const boost::intrusive_ptr<OpenFileCounter> files;
  // Null after Shutdown.
  std::unique_ptr<DnsResolver> resolver;
  TcpDialer dialer;
  TlsContextCache tls_contexts;
  // Those in a close handshake, by whom they belonged to: one each, or a peer that never ends TCP would pile up
  // descriptors of a session that comes back sooner than its handshake's time is over.
  std::unordered_map<const void*, Connection*> closing;
};

}  // namespace holter::transport
