// One channel of c-ares on one event loop.
#pragma once

#include <ares.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"

namespace holter::transport {

// Lends c-ares' sockets to Asio to wait for. Handlers hold the channel weakly, so that it can go at any time; what is
// asked then is answered ARES_EDESTRUCTION from its destructor. The loop's thread only.
class AresChannel : public std::enable_shared_from_this<AresChannel> {
 public:
  explicit AresChannel(boost::asio::io_context& io) : io_(io), timer_(io) {}
  ~AresChannel();
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;

  // Call once. `server` is "address:port"; empty: those that `file` names (resolv.conf(5)), at `port`.
  absl::Status Open(const std::string& server, std::string file, uint16_t port);

  // `status` is one of c-ares, ARES_SUCCESS with the addresses.
  using Answered = std::function<void(int status, std::vector<boost::asio::ip::address> addresses)>;
  // Asks for the addresses of one family, AF_INET or AF_INET6. Calls `answered` once, perhaps from within.
  void Ask(const std::string& host, int family, Answered answered);

  // Everything is answered.
  bool idle() const { return open_ == 0; }

 private:
  // A socket of c-ares, which opens and closes it itself.
  struct Watched {
    explicit Watched(boost::asio::io_context& io, int socket) : descriptor(io, socket) {}
    boost::asio::posix::stream_descriptor descriptor;
    bool wants_read = false;
    bool wants_write = false;
    bool reading = false;
    bool writing = false;
  };
  // What c-ares hands back with an answer.
  struct Question {
    AresChannel* channel;
    Answered answered;
  };

  static void OnAnswer(void* data, int status, int timeouts, ares_addrinfo* info);
  static void OnSocketState(void* data, ares_socket_t socket, int readable, int writable);
  void Watch(int socket, bool read, bool write);
  void Arm(int socket, const std::shared_ptr<Watched>& watched);
  void Wait(int socket, const std::shared_ptr<Watched>& watched, boost::asio::posix::stream_descriptor::wait_type type,
            bool Watched::*waiting);
  std::shared_ptr<Watched> Find(int socket) const;
  void ArmTimer();

  boost::asio::io_context& io_;
  ares_channel channel_ = nullptr;
  int open_ = 0;
  boost::asio::steady_timer timer_;
  std::unordered_map<int, std::shared_ptr<Watched>> sockets_;
};

}  // namespace holter::transport
