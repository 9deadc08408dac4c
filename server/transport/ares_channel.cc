#include "transport/ares_channel.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "base/error.h"

namespace holter::transport {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Of one try; c-ares doubles it for the next. Lost packets are repeated well within a dial's deadline.
constexpr int kTryTimeoutMilliseconds = 1000;
constexpr int kTries = 3;

// The library's own initialisation is not thread-safe; loops start at the same time.
bool InitializeLibrary() {
  static const bool kInitialized = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return kInitialized;
}

std::vector<asio::ip::address> TakeAddresses(ares_addrinfo* info) {
  std::vector<asio::ip::address> addresses;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(node->ai_addr);
      addresses.emplace_back(asio::ip::address_v4(ntohl(v4->sin_addr.s_addr)));
    } else if (node->ai_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(node->ai_addr);
      asio::ip::address_v6::bytes_type bytes;
      std::copy_n(v6->sin6_addr.s6_addr, bytes.size(), bytes.begin());
      addresses.emplace_back(asio::ip::address_v6(bytes, v6->sin6_scope_id));
    }
  }
  ares_freeaddrinfo(info);
  return addresses;
}

absl::Status Failed(const char* why) {
  return MakeError(absl::StatusCode::kInternal, "DNS", fmt::format("resolver: {}", why));
}

}  // namespace

AresChannel::~AresChannel() {
  if (channel_ != nullptr) {
    ares_destroy(channel_);
  }
  for (auto& [socket, watched] : sockets_) {
    watched->descriptor.release();
  }
}

absl::Status AresChannel::Open(const std::string& server, std::string file, uint16_t port) {
  if (!InitializeLibrary()) {
    return Failed("c-ares cannot be initialized");
  }
  ares_options options{};
  options.resolvconf_path = file.data();  // copied
  options.udp_port = port;
  options.tcp_port = port;
  options.timeout = kTryTimeoutMilliseconds;
  options.tries = kTries;
  options.sock_state_cb = &AresChannel::OnSocketState;
  options.sock_state_cb_data = this;
  int status = ares_init_options(&channel_, &options,
                                 ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF |
                                     ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT);
  if (status == ARES_SUCCESS && !server.empty()) {
    status = ares_set_servers_ports_csv(channel_, server.c_str());
  }
  return status == ARES_SUCCESS ? absl::OkStatus() : Failed(ares_strerror(status));
}

void AresChannel::Ask(const std::string& host, int family, Answered answered) {
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;  // else every address comes once a protocol
  ++open_;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &AresChannel::OnAnswer,
                   new Question{this, std::move(answered)});
  ArmTimer();
}

void AresChannel::OnAnswer(void* data, int status, int /*timeouts*/, ares_addrinfo* info) {
  const std::unique_ptr<Question> question(static_cast<Question*>(data));
  --question->channel->open_;
  question->answered(status, status == ARES_SUCCESS ? TakeAddresses(info) : std::vector<asio::ip::address>());
}

void AresChannel::OnSocketState(void* data, ares_socket_t socket, int readable, int writable) {
  static_cast<AresChannel*>(data)->Watch(socket, readable != 0, writable != 0);
}

void AresChannel::Watch(int socket, bool read, bool write) {
  auto& watched = sockets_[socket];
  if (!read && !write) {
    if (watched != nullptr) {
      watched->descriptor.release();  // cancels the waits; c-ares closes it
    }
    sockets_.erase(socket);
    return;
  }
  if (watched == nullptr) {
    watched = std::make_shared<Watched>(io_, socket);
  }
  watched->wants_read = read;
  watched->wants_write = write;
  Arm(socket, watched);
}

void AresChannel::Arm(int socket, const std::shared_ptr<Watched>& watched) {
  if (watched->wants_read && !std::exchange(watched->reading, true)) {
    Wait(socket, watched, asio::posix::stream_descriptor::wait_read, &Watched::reading);
  }
  if (watched->wants_write && !std::exchange(watched->writing, true)) {
    Wait(socket, watched, asio::posix::stream_descriptor::wait_write, &Watched::writing);
  }
}

void AresChannel::Wait(int socket, const std::shared_ptr<Watched>& watched,
                       asio::posix::stream_descriptor::wait_type type, bool Watched::*waiting) {
  watched->descriptor.async_wait(type, [weak = weak_from_this(), watched, socket, type, waiting](error_code error) {
    (*watched).*waiting = false;
    const auto self = weak.lock();
    const auto current = self == nullptr ? nullptr : self->Find(socket);
    if (error || current != watched) {
      return;  // closed, or another socket of the same number
    }
    const bool read = type == asio::posix::stream_descriptor::wait_read;
    ares_process_fd(self->channel_, read ? socket : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : socket);
    if (self->Find(socket) == watched) {
      self->Arm(socket, watched);
    }
    self->ArmTimer();
  });
}

std::shared_ptr<AresChannel::Watched> AresChannel::Find(int socket) const {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : found->second;
}

void AresChannel::ArmTimer() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  timer_.async_wait([weak = weak_from_this()](error_code error) {
    if (const auto self = weak.lock(); !error && self != nullptr) {
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->ArmTimer();
    }
  });
}

}  // namespace holter::transport
