#include "transport/happy_eyeballs.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "transport/connect_error.h"

namespace holter::transport {
namespace {

using boost::system::error_code;

// Details of more addresses than this help nobody.
constexpr size_t kLargestDetail = 300;

// The failure that tells most about a race that failed: our own want first, then what the peer's machine said itself.
int Weight(core::Reason reason) {
  switch (reason) {
    case core::Reason::kLocalResource:
      return 5;
    case core::Reason::kConnectRefused:
      return 4;
    case core::Reason::kConnectTimeout:
      return 3;
    case core::Reason::kUnreachable:
      return 2;
    case core::Reason::kEgressDenied:
      return 1;
    default:
      return 0;
  }
}

// A connect to a port of this machine on which nobody listens can meet itself when the kernel gives the socket that
// very port.
bool IsSelfConnected(const TcpSocket& socket) {
  error_code local_error;
  error_code remote_error;
  const auto local = socket.local_endpoint(local_error);
  const auto remote = socket.remote_endpoint(remote_error);
  return !local_error && !remote_error && local == remote;
}

class TcpConnect final : public PendingConnect {
 public:
  // What the handler needs when the connect is no longer wanted.
  struct State {
    explicit State(boost::asio::io_context& io)
        : counted(std::make_shared<CountedSocket>(CountedSocket{TcpSocket(io), {}})) {}
    std::shared_ptr<CountedSocket> counted;
    AddressDialer::Done done;
  };

  explicit TcpConnect(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~TcpConnect() override {
    if (state_->counted != nullptr) {
      error_code ignored;
      state_->counted->socket.close(ignored);
      state_->counted.reset();
    }
    state_->done = nullptr;
  }

  static void Complete(const std::shared_ptr<State>& state, error_code error) {
    if (!state->done) {
      return;
    }
    if (!error && IsSelfConnected(state->counted->socket)) {
      error = boost::asio::error::connection_refused;
    }
    if (!error) {
      state->counted->socket.set_option(Tcp::no_delay(true), error);
    }
    auto counted = std::exchange(state->counted, nullptr);
    const auto done = std::exchange(state->done, nullptr);
    done(error, error ? nullptr : std::move(counted));
  }

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<PendingConnect> TcpDialer::Start(const Tcp::endpoint& endpoint, Done done) {
  auto state = std::make_shared<TcpConnect::State>(io_);
  state->done = std::move(done);
  error_code error;
  state->counted->socket.open(endpoint.protocol(), error);
  if (error) {
    boost::asio::post(io_, [state, error] { TcpConnect::Complete(state, error); });
  } else {
    state->counted->file = OpenFile(files_);
    state->counted->socket.async_connect(endpoint, [state](error_code result) { TcpConnect::Complete(state, result); });
  }
  return std::make_unique<TcpConnect>(std::move(state));
}

std::vector<Tcp::endpoint> Interleave(const std::vector<Tcp::endpoint>& endpoints) {
  if (endpoints.empty()) {
    return {};
  }
  const auto first_family = endpoints.front().protocol();
  std::vector<Tcp::endpoint> first;
  std::vector<Tcp::endpoint> second;
  for (const Tcp::endpoint& endpoint : endpoints) {
    (endpoint.protocol() == first_family ? first : second).push_back(endpoint);
  }
  std::vector<Tcp::endpoint> mixed;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) {
      mixed.push_back(first[i]);
    }
    if (i < second.size()) {
      mixed.push_back(second[i]);
    }
  }
  return mixed;
}

std::shared_ptr<AddressRace> AddressRace::Make(boost::asio::io_context& io, const EgressGuard& guard,
                                               AddressDialer& dialer, EgressTarget target,
                                               const std::vector<Tcp::endpoint>& endpoints, Done done,
                                               Duration stagger) {
  std::vector<Tcp::endpoint> mixed = Interleave(endpoints);
  mixed.resize(std::min(mixed.size(), kMostAddresses));
  return std::shared_ptr<AddressRace>(
      new AddressRace(io, guard, dialer, std::move(target), std::move(mixed), std::move(done), stagger));
}

AddressRace::AddressRace(boost::asio::io_context& io, const EgressGuard& guard, AddressDialer& dialer,
                         EgressTarget target, std::vector<Tcp::endpoint> endpoints, Done done, Duration stagger)
    : io_(io),
      guard_(guard),
      dialer_(dialer),
      target_(std::move(target)),
      endpoints_(std::move(endpoints)),
      done_(std::move(done)),
      stagger_(stagger),
      timer_(io) {
  attempts_.reserve(endpoints_.size());
}

void AddressRace::Start() {
  if (StartNext()) {
    return;
  }
  boost::asio::post(io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->Finish({.socket = nullptr, .endpoint = {}, .failure = self->worst_});
    }
  });
}

bool AddressRace::StartNext() {
  while (next_ < endpoints_.size()) {
    const Tcp::endpoint& endpoint = endpoints_[next_++];
    // Judged here and nowhere earlier: this very address is dialled.
    if (const absl::Status verdict = guard_.Check(target_, endpoint.address()); !verdict.ok()) {
      NoteFailure(core::Reason::kEgressDenied, std::string(verdict.message()));
      continue;
    }
    const size_t index = attempts_.size();
    attempts_.push_back({.endpoint = endpoint, .pending = nullptr});
    ++running_;
    attempts_.back().pending = dialer_.Start(
        endpoint, [weak = weak_from_this(), index](error_code error, std::shared_ptr<CountedSocket> socket) {
          if (const auto self = weak.lock()) {
            self->OnConnect(index, error, std::move(socket));
          }
        });
    ArmStagger();
    return true;
  }
  return false;
}

void AddressRace::ArmStagger() {
  if (next_ >= endpoints_.size()) {
    return;
  }
  timer_.expires_after(stagger_);
  timer_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (!error && self != nullptr && self->done_) {
      self->StartNext();
    }
  });
}

void AddressRace::OnConnect(size_t index, error_code error, std::shared_ptr<CountedSocket> socket) {
  if (!done_) {
    return;
  }
  attempts_[index].pending.reset();
  --running_;
  if (!error) {
    Finish({.socket = std::move(socket), .endpoint = attempts_[index].endpoint, .failure = {}});
    return;
  }
  const Tcp::endpoint& endpoint = attempts_[index].endpoint;
  NoteFailure(ReasonOfConnectError(error, endpoint), fmt::format("{}: {}", FormatEndpoint(endpoint), error.message()));
  if (!StartNext() && running_ == 0) {
    Finish({.socket = nullptr, .endpoint = {}, .failure = worst_});
  }
}

void AddressRace::NoteFailure(core::Reason reason, const std::string& detail) {
  if (Weight(reason) > Weight(worst_.reason)) {
    worst_.reason = reason;
  }
  if (worst_.detail.size() + detail.size() <= kLargestDetail) {
    worst_.detail += worst_.detail.empty() ? detail : "; " + detail;
  }
}

core::DialFailure AddressRace::TimedOut() const {
  core::DialFailure failure = worst_;
  failure.reason = core::Reason::kConnectTimeout;
  for (const Attempt& attempt : attempts_) {
    if (attempt.pending != nullptr && failure.detail.size() < kLargestDetail) {
      failure.detail +=
          fmt::format("{}{}: no answer", failure.detail.empty() ? "" : "; ", FormatEndpoint(attempt.endpoint));
    }
  }
  return failure;
}

void AddressRace::Finish(Outcome outcome) {
  const auto done = std::exchange(done_, nullptr);
  timer_.cancel();
  attempts_.clear();
  if (done) {
    done(std::move(outcome));
  }
}

}  // namespace holter::transport
