// Connects to the first of several addresses that answers (RFC 8305): families take turns, the next address starts 250
// ms after the last or as soon as one fails, all others are cancelled when one connects.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/session_event.h"
#include "transport/egress_guard.h"
#include "transport/tcp_socket.h"

namespace holter::transport {

// A connect that runs; destroying it cancels it, and nothing is heard of it any more.
class PendingConnect {
 public:
  virtual ~PendingConnect() = default;
};

// Starts connects. The seam at which tests hold and fail them.
class AddressDialer {
 public:
  using Done = std::function<void(boost::system::error_code, std::shared_ptr<CountedSocket>)>;

  virtual ~AddressDialer() = default;
  // `done` is never called from within Start.
  virtual std::unique_ptr<PendingConnect> Start(const Tcp::endpoint& endpoint, Done done) = 0;
};

// Connects sockets of this loop, TCP_NODELAY set.
class TcpDialer final : public AddressDialer {
 public:
  TcpDialer(boost::asio::io_context& io, boost::intrusive_ptr<OpenFileCounter> files)
      : io_(io), files_(std::move(files)) {}
  std::unique_ptr<PendingConnect> Start(const Tcp::endpoint& endpoint, Done done) override;

 private:
  boost::asio::io_context& io_;
  const boost::intrusive_ptr<OpenFileCounter> files_;
};

// IPv6 and IPv4 in turn, the family of the first address first, order within a family kept (RFC 8305 section 4).
std::vector<Tcp::endpoint> Interleave(const std::vector<Tcp::endpoint>& endpoints);

// One race. Destroying it cancels it.
class AddressRace final : public std::enable_shared_from_this<AddressRace> {
 public:
  struct Outcome {
    std::shared_ptr<CountedSocket> socket;  // null: all failed
    Tcp::endpoint endpoint;
    core::DialFailure failure;
  };
  // Called once, never from within Start; the race may be destroyed in it.
  using Done = std::function<void(Outcome)>;

  static constexpr Duration kStagger = std::chrono::milliseconds(250);
  // A name may have many addresses, and a hostile one more. Cut when the families take turns, so that none hides the
  // other.
  static constexpr size_t kMostAddresses = 16;

  // `guard`, which judges every endpoint for `target`, and `dialer` outlive the race.
  static std::shared_ptr<AddressRace> Make(boost::asio::io_context& io, const EgressGuard& guard, AddressDialer& dialer,
                                           EgressTarget target, const std::vector<Tcp::endpoint>& endpoints, Done done,
                                           Duration stagger = kStagger);
  void Start();
  // What is known of the failure so far, for the one whose deadline ends the race.
  core::DialFailure TimedOut() const;

 private:
  struct Attempt {
    Tcp::endpoint endpoint;
    std::unique_ptr<PendingConnect> pending;  // null when it has ended
  };

  AddressRace(boost::asio::io_context& io, const EgressGuard& guard, AddressDialer& dialer, EgressTarget target,
              std::vector<Tcp::endpoint> endpoints, Done done, Duration stagger);

  // Starts the next address that is allowed; true if there was one.
  bool StartNext();
  void ArmStagger();
  void OnConnect(size_t index, boost::system::error_code error, std::shared_ptr<CountedSocket> socket);
  void NoteFailure(core::Reason reason, const std::string& detail);
  void Finish(Outcome outcome);

  boost::asio::io_context& io_;
  const EgressGuard& guard_;
  AddressDialer& dialer_;
  const EgressTarget target_;
  const std::vector<Tcp::endpoint> endpoints_;
  Done done_;
  const Duration stagger_;
  boost::asio::steady_timer timer_;
  size_t next_ = 0;
  std::vector<Attempt> attempts_;
  size_t running_ = 0;
  core::DialFailure worst_;
};

}  // namespace holter::transport
