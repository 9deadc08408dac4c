// A peer as cheap as a peer can be: accepts WebSocket upgrades, answers pings with pongs, closes with closes and texts
// with the same text, ignores the rest. Bare epoll, one thread. A GET without an upgrade is answered with {"open":N},
// the number of sessions that are open now.
//
// usage: bench_peer ADDRESSES [CERTIFICATE KEY]
// Listens on 127.0.0.1 and the ADDRESSES - 1 that follow, on one port for plain and, given a certificate, one for TLS.
// Prints
// {"plain":PORT,"tls":PORT} when it is ready.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kMostRequest = 8192;
constexpr size_t kMostPayload = 125;  // of frames that are answered; a longer data frame ends the connection

struct Connection {
  ~Connection() {
    SSL_free(tls);
    close(fd);
  }
  int fd = -1;
  SSL* tls = nullptr;
  bool upgraded = false;
  std::string pending;  // the begin of a request or frame
};

struct Listening {
  int fd = -1;
  bool tls = false;
};

[[noreturn]] void Fail(const char* what) {
  perror(what);
  std::exit(1);
}

// Sec-WebSocket-Accept of a key, RFC 6455 section 4.2.2.
std::string AcceptOf(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char encoded[64];
  const int length = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
  return {reinterpret_cast<char*>(encoded), static_cast<size_t>(length)};
}

// Value of a header field, or empty; `request` is in the client's case.
std::string FieldOf(const std::string& request, std::string name) {
  std::string lower = request;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const size_t at = lower.find("\r\n" + name + ":");
  if (at == std::string::npos) {
    return {};
  }
  const size_t begin = request.find_first_not_of(' ', at + 3 + name.size());
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

class BenchPeer {
 public:
  explicit BenchPeer(SSL_CTX* tls) : tls_(tls), epoll_(epoll_create1(0)) {}

  // Port 0 takes a free one; returns the port.
  uint16_t Listen(int addresses, bool tls) {
    uint16_t port = 0;
    for (int i = 0; i < addresses; ++i) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      const int on = 1;
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<uint32_t>(i));
      if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, SOMAXCONN) != 0) {
        Fail("listen");
      }
      socklen_t size = sizeof address;
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
      port = ntohs(address.sin_port);
      listening_.push_back({.fd = fd, .tls = tls});
      Watch(fd);
    }
    return port;
  }

  [[noreturn]] void Run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        const auto listening =
            std::find_if(listening_.begin(), listening_.end(), [fd](const Listening& l) { return l.fd == fd; });
        if (listening != listening_.end()) {
          Accept(*listening);
        } else if (!Serve(*connections_[fd])) {
          Drop(fd);
        }
      }
    }
  }

 private:
  void Watch(int fd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void Accept(const Listening& listening) {
    for (;;) {
      const int fd = accept4(listening.fd, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) {
        return;
      }
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      if (listening.tls) {
        connection->tls = SSL_new(tls_);
        SSL_set_fd(connection->tls, fd);
        SSL_set_accept_state(connection->tls);
      }
      if (connections_.size() <= static_cast<size_t>(fd)) {
        connections_.resize(static_cast<size_t>(fd) + 1);
      }
      connections_[fd] = std::move(connection);
      Watch(fd);
    }
  }

  void Drop(int fd) {
    open_ -= connections_[fd]->upgraded;
    connections_[fd].reset();
  }

  // False: the connection is to be dropped.
  bool Serve(Connection& connection) {
    for (;;) {
      char data[16384];
      const int size = connection.tls != nullptr ? SSL_read(connection.tls, data, sizeof data)
                                                 : static_cast<int>(read(connection.fd, data, sizeof data));
      if (size <= 0) {
        return connection.tls != nullptr ? SSL_get_error(connection.tls, size) == SSL_ERROR_WANT_READ
                                         : size < 0 && errno == EAGAIN;
      }
      if (!Take(connection, {data, static_cast<size_t>(size)})) {
        return false;
      }
      if (connection.tls == nullptr && static_cast<size_t>(size) < sizeof data) {
        return true;  // spares the read that would say EAGAIN
      }
    }
  }

  bool Take(Connection& connection, std::string_view data) {
    if (!connection.pending.empty() || !connection.upgraded) {
      connection.pending += data;
      data = connection.pending;
    }
    if (!connection.upgraded) {
      const size_t end = data.find("\r\n\r\n");
      if (end == std::string_view::npos) {
        return data.size() < kMostRequest;
      }
      const std::string request(data.substr(0, end + 4));
      std::string().swap(connection.pending);
      return Answer(connection, request);
    }
    size_t taken = 0;
    while (const size_t size = TakeFrame(connection, data.substr(taken))) {
      if (size == std::string_view::npos) {
        return false;
      }
      taken += size;
    }
    std::string rest(data.substr(taken));
    connection.pending.swap(rest);
    return true;
  }

  bool Answer(Connection& connection, const std::string& request) {
    const std::string key = FieldOf(request, "sec-websocket-key");
    if (key.empty()) {
      const std::string body = "{\"open\":" + std::to_string(open_) + "}\n";
      Write(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
      return false;
    }
    connection.upgraded = true;
    ++open_;
    return Write(
        connection,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            AcceptOf(key) + "\r\n\r\n");
  }

  // The size of the frame that was taken; 0: not whole yet; npos: the connection is to be dropped.
  static size_t TakeFrame(Connection& connection, std::string_view data) {
    if (data.size() < 6) {
      return 0;
    }
    const auto opcode = static_cast<unsigned char>(data[0]);
    const size_t length = static_cast<unsigned char>(data[1]) & 0x7FU;
    if (length > kMostPayload) {
      return std::string_view::npos;
    }
    const size_t size = 6 + length;
    if (data.size() < size) {
      return 0;
    }
    const bool closing = opcode == 0x88;
    if (opcode != 0x89 && opcode != 0x81 && !closing) {
      return size;
    }
    char answer[2 + kMostPayload];
    answer[0] = static_cast<char>(opcode == 0x89 ? 0x8A : opcode);
    answer[1] = static_cast<char>(length);
    for (size_t i = 0; i < length; ++i) {
      answer[2 + i] = static_cast<char>(data[6 + i] ^ data[2 + i % 4]);
    }
    return Write(connection, {answer, 2 + length}) && !closing ? size : std::string_view::npos;
  }

  static bool Write(Connection& connection, std::string_view data) {
    const int size = static_cast<int>(data.size());
    return (connection.tls != nullptr ? SSL_write(connection.tls, data.data(), size)
                                      : static_cast<int>(write(connection.fd, data.data(), data.size()))) == size;
  }

  SSL_CTX* const tls_;
  const int epoll_;
  std::vector<Listening> listening_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  size_t open_ = 0;
};

SSL_CTX* LoadTls(const char* certificate, const char* key) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
    fprintf(stderr, "cannot read %s and %s\n", certificate, key);
    std::exit(1);
  }
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    fprintf(stderr, "usage: %s ADDRESSES [CERTIFICATE KEY]\n", argv[0]);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const int addresses = std::atoi(argv[1]);
  BenchPeer peer(argc == 4 ? LoadTls(argv[2], argv[3]) : nullptr);
  const int plain = peer.Listen(addresses, false);
  const int tls = argc == 4 ? peer.Listen(addresses, true) : 0;
  printf("{\"plain\":%d,\"tls\":%d}\n", plain, tls);
  fflush(stdout);
  peer.Run();
}
