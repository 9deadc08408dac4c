#include "transport/dns_resolver.h"

#include <ares.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "transport/file_version.h"

namespace holter::transport {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Of one try; c-ares doubles it for the next. Lost packets are repeated well within a dial's deadline.
constexpr int kTryTimeoutMilliseconds = 1000;
constexpr int kTries = 3;

// c-ares wants "127.0.0.1:53" or "[::1]:53" and swallows much else.
absl::StatusOr<std::string> CheckedServer(const std::string& server) {
  const auto malformed = [&] {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "INVALID_DNS_SERVER",
        fmt::format("expected the DNS server as address:port, such as 127.0.0.1:53 or [::1]:53, got \"{}\"", server),
        {{"dns_server", server}});
  };
  const size_t colon = server.rfind(':');
  if (colon == std::string::npos) {
    return malformed();
  }
  std::string host = server.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  int port = 0;
  const char* const end = server.data() + server.size();
  const auto [rest, failure] = std::from_chars(server.data() + colon + 1, end, port);
  if (error || address.is_v6() != bracketed || failure != std::errc() || rest != end || port < 1 || port > 65535) {
    return malformed();
  }
  return server;
}

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

// Both questions for one name, A and AAAA apart: a server that drops one of them must not hold up the other. Shared by
// the caller's handle and by c-ares, which cannot forget a single question.
class Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(asio::io_context& io, std::string host, DnsResolver::Done done)
      : io_(io), host_(std::move(host)), done_(std::move(done)), delay_(io) {}

  void Cancel() {
    done_ = nullptr;
    delay_.cancel();
  }

  void OnAnswer(int family, int status, ares_addrinfo* info) {
    --open_;
    if (status == ARES_SUCCESS) {
      auto& addresses = family == AF_INET6 ? v6_ : v4_;
      addresses = TakeAddresses(info);
    } else if (failure_ == ARES_SUCCESS || failure_ == ARES_ENODATA) {
      failure_ = status;
    }
    if (!done_) {
      return;
    }
    if (open_ == 0) {
      // c-ares may answer from within the question.
      asio::post(io_, [self = shared_from_this()] { self->Finish(); });
    } else if (!v4_.empty() || !v6_.empty()) {
      delay_.expires_after(DnsResolver::kResolutionDelay);
      delay_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) {
          self->Finish();
        }
      });
    }
  }

 private:
  void Finish() {
    const auto done = std::exchange(done_, nullptr);
    delay_.cancel();
    if (!done) {
      return;
    }
    std::vector<asio::ip::address> addresses = std::move(v6_);
    addresses.insert(addresses.end(), v4_.begin(), v4_.end());
    if (addresses.empty()) {
      const char* const text = failure_ == ARES_SUCCESS ? "no addresses" : ares_strerror(failure_);
      done(MakeError(absl::StatusCode::kUnavailable, "DNS", fmt::format("{}: {}", host_, text), {{"host", host_}}));
    } else {
      done(std::move(addresses));
    }
  }

  asio::io_context& io_;
  const std::string host_;
  DnsResolver::Done done_;
  asio::steady_timer delay_;
  int open_ = 2;
  int failure_ = ARES_SUCCESS;
  std::vector<asio::ip::address> v4_;
  std::vector<asio::ip::address> v6_;
};

class OpenQuery final : public DnsResolver::Query {
 public:
  explicit OpenQuery(std::shared_ptr<Lookup> lookup) : lookup_(std::move(lookup)) {}
  ~OpenQuery() override { lookup_->Cancel(); }

 private:
  const std::shared_ptr<Lookup> lookup_;
};

// What c-ares hands back with an answer.
struct Question {
  std::shared_ptr<Lookup> lookup;
  int family;
  int* open;  // questions of its channel that are not answered
};

// Lends c-ares' sockets to Asio to wait for. Handlers hold this core weakly, so that the resolver can go at any time.
class AresCore : public std::enable_shared_from_this<AresCore> {
 public:
  explicit AresCore(asio::io_context& io) : io_(io), timer_(io) {}
  ~AresCore() {
    if (channel_ != nullptr) {
      ares_destroy(channel_);
    }
    for (auto& [socket, watched] : sockets_) {
      watched->descriptor.release();
    }
  }

  absl::Status Open(const std::string& server, DnsResolver::System system) {
    ares_options options{};
    options.resolvconf_path = system.file.data();  // copied
    options.udp_port = system.port;
    options.tcp_port = system.port;
    options.timeout = kTryTimeoutMilliseconds;
    options.tries = kTries;
    options.sock_state_cb = &AresCore::OnSocketState;
    options.sock_state_cb_data = this;
    int status = ares_init_options(&channel_, &options,
                                   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF |
                                       ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT);
    if (status == ARES_SUCCESS && !server.empty()) {
      status = ares_set_servers_ports_csv(channel_, server.c_str());
    }
    return status == ARES_SUCCESS
               ? absl::OkStatus()
               : MakeError(absl::StatusCode::kInternal, "DNS", fmt::format("resolver: {}", ares_strerror(status)));
  }

  void Ask(const std::string& host, const std::shared_ptr<Lookup>& lookup) {
    for (const int family : {AF_INET6, AF_INET}) {
      ares_addrinfo_hints hints{};
      hints.ai_family = family;
      hints.ai_socktype = SOCK_STREAM;  // else every address comes once a protocol
      ++open_;
      ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &AresCore::OnAnswer,
                       new Question{lookup, family, &open_});
    }
    ArmTimer();
  }

  bool idle() const { return open_ == 0; }

 private:
  // A socket of c-ares, which opens and closes it itself.
  struct Watched {
    explicit Watched(asio::io_context& io, int socket) : descriptor(io, socket) {}
    asio::posix::stream_descriptor descriptor;
    bool wants_read = false;
    bool wants_write = false;
    bool reading = false;
    bool writing = false;
  };

  static void OnAnswer(void* data, int status, int /*timeouts*/, ares_addrinfo* info) {
    const std::unique_ptr<Question> question(static_cast<Question*>(data));
    --*question->open;
    question->lookup->OnAnswer(question->family, status, info);
  }

  static void OnSocketState(void* data, ares_socket_t socket, int readable, int writable) {
    static_cast<AresCore*>(data)->Watch(socket, readable != 0, writable != 0);
  }

  void Watch(int socket, bool read, bool write) {
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

  void Arm(int socket, const std::shared_ptr<Watched>& watched) {
    if (watched->wants_read && !std::exchange(watched->reading, true)) {
      Wait(socket, watched, asio::posix::stream_descriptor::wait_read, &Watched::reading);
    }
    if (watched->wants_write && !std::exchange(watched->writing, true)) {
      Wait(socket, watched, asio::posix::stream_descriptor::wait_write, &Watched::writing);
    }
  }

  void Wait(int socket, const std::shared_ptr<Watched>& watched, asio::posix::stream_descriptor::wait_type type,
            bool Watched::*waiting) {
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

  std::shared_ptr<Watched> Find(int socket) const {
    const auto found = sockets_.find(socket);
    return found == sockets_.end() ? nullptr : found->second;
  }

  void ArmTimer() {
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

  asio::io_context& io_;
  ares_channel channel_ = nullptr;
  int open_ = 0;
  asio::steady_timer timer_;
  std::unordered_map<int, std::shared_ptr<Watched>> sockets_;
};

class AresResolver final : public DnsResolver {
 public:
  AresResolver(asio::io_context& io, std::string server, System system)
      : io_(io), server_(std::move(server)), system_(std::move(system)) {}

  absl::Status Open() {
    version_ = FileVersion::Of(system_.file);  // before it is read: a later change is seen
    auto core = std::make_shared<AresCore>(io_);
    if (absl::Status status = core->Open(server_, system_); !status.ok()) {
      return status;
    }
    if (core_ != nullptr) {
      replaced_.push_back(std::move(core_));
    }
    core_ = std::move(core);
    return absl::OkStatus();
  }

  std::unique_ptr<Query> Resolve(const std::string& host, Done done) override {
    auto lookup = std::make_shared<Lookup>(io_, host, std::move(done));
    FollowFile();
    core_->Ask(host, lookup);
    return std::make_unique<OpenQuery>(std::move(lookup));
  }

 private:
  // The network may write its file after we have started, and write it anew; c-ares reads it once a channel.
  void FollowFile() {
    const auto now = std::chrono::steady_clock::now();
    if (!server_.empty() || now < next_look_) {
      return;
    }
    next_look_ = now + kFilePeriod;
    std::erase_if(replaced_, [](const auto& core) { return core->idle(); });
    if (FileVersion::Of(system_.file) != version_) {
      Open().IgnoreError();  // the old one is better than none
    }
  }

  asio::io_context& io_;
  const std::string server_;
  const System system_;
  FileVersion version_;
  std::chrono::steady_clock::time_point next_look_{};
  std::shared_ptr<AresCore> core_;
  std::vector<std::shared_ptr<AresCore>> replaced_;  // until their last question is answered
};

}  // namespace

absl::StatusOr<std::unique_ptr<DnsResolver>> DnsResolver::Create(asio::io_context& io, const std::string& server,
                                                                 const System& system) {
  if (!InitializeLibrary()) {
    return MakeError(absl::StatusCode::kInternal, "DNS", "c-ares cannot be initialized");
  }
  if (!server.empty()) {
    if (const auto checked = CheckedServer(server); !checked.ok()) {
      return checked.status();
    }
  }
  auto resolver = std::make_unique<AresResolver>(io, server, system);
  if (absl::Status status = resolver->Open(); !status.ok()) {
    return status;
  }
  return resolver;
}

}  // namespace holter::transport
