#include "tests/support/misbehaving_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace holter::testing {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kMask = "\x11\x22\x33\x44";

void Require(bool ok, const char* what) {
  if (!ok) {
    throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  }
}

std::string AcceptKey(const std::string& request) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const size_t at = request.find(kName);
  if (at == std::string::npos) {
    return "";
  }
  const size_t begin = at + kName.size();
  const std::string key = request.substr(begin, request.find("\r\n", begin) - begin) + std::string(kGuid);
  unsigned char digest[20];
  EVP_Digest(key.data(), key.size(), digest, nullptr, EVP_sha1(), nullptr);
  unsigned char text[32];
  const int size = EVP_EncodeBlock(text, digest, sizeof digest);
  return std::string(reinterpret_cast<char*>(text), static_cast<size_t>(size));
}

class PlainPeerConnection final : public PeerConnection {
 public:
  PlainPeerConnection(MisbehavingPeer& peer, int socket, int index) : PeerConnection(peer, socket, index) {}
  void Shutdown() override { shutdown(socket(), SHUT_WR); }

 protected:
  int ReadBytes(char* data, size_t size) override {
    return Await(POLLIN) ? static_cast<int>(recv(socket(), data, size, 0)) : -1;
  }
  int WriteBytes(const char* data, size_t size) override {
    return Await(POLLOUT) ? static_cast<int>(send(socket(), data, size, MSG_NOSIGNAL)) : -1;
  }
};

class TlsPeerConnection final : public PeerConnection {
 public:
  TlsPeerConnection(MisbehavingPeer& peer, int socket, int index, const TestIdentity& identity,
                    const std::string& client_authority)
      : PeerConnection(peer, socket, index), context_(SSL_CTX_new(TLS_server_method())) {
    Use(identity);
    if (!client_authority.empty()) {
      BIO* const bio = BIO_new_mem_buf(client_authority.data(), static_cast<int>(client_authority.size()));
      X509* const authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority);
      X509_free(authority);
      BIO_free(bio);
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket);
    SSL_set_accept_state(ssl_);
  }
  ~TlsPeerConnection() override {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  void Shutdown() override {
    SSL_shutdown(ssl_);
    shutdown(socket(), SHUT_WR);
  }

 protected:
  int ReadBytes(char* data, size_t size) override {
    return Retry([&] { return SSL_read(ssl_, data, static_cast<int>(size)); });
  }
  int WriteBytes(const char* data, size_t size) override {
    return Retry([&] { return SSL_write(ssl_, data, static_cast<int>(size)); });
  }

 private:
  void Use(const TestIdentity& identity) {
    BIO* bio = BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size()));
    X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context_, certificate);
    X509_free(certificate);
    BIO_free(bio);
    bio = BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(context_, key);
    EVP_PKEY_free(key);
    BIO_free(bio);
  }

  template <typename Call>
  int Retry(const Call& call) {
    while (true) {
      ERR_clear_error();
      const int result = call();
      if (result > 0) {
        return result;
      }
      const int error = SSL_get_error(ssl_, result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        Drain();
        return -1;
      }
      if (!Await(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) {
        return -1;
      }
    }
  }

  // Our alert has been sent; to close with input unread would turn it into a RST.
  void Drain() {
    shutdown(socket(), SHUT_WR);
    char rest[4096];
    while (Await(POLLIN) && recv(socket(), rest, sizeof rest, 0) > 0) {
    }
  }

  SSL_CTX* const context_;
  SSL* ssl_ = nullptr;
};

}  // namespace

uint16_t PeerFrame::close_code() const {
  return payload.size() < 2
             ? 0
             : static_cast<uint16_t>(static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]));
}

std::string EncodeFrame(Opcode opcode, std::string_view payload, bool fin, bool mask) {
  std::string frame;
  frame += static_cast<char>((fin ? 0x80 : 0) | static_cast<int>(opcode));
  const size_t size = payload.size();
  const int mask_bit = mask ? 0x80 : 0;
  const int wide = size < 126 ? 0 : size < 65536 ? 2 : 8;
  frame += static_cast<char>(mask_bit | (wide == 0 ? static_cast<int>(size) : wide == 2 ? 126 : 127));
  for (int shift = (wide - 1) * 8; shift >= 0; shift -= 8) {
    frame += static_cast<char>(static_cast<uint64_t>(size) >> shift & 0xff);
  }
  if (!mask) {
    return frame.append(payload);
  }
  frame += kMask;
  for (size_t i = 0; i < size; ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
  }
  return frame;
}

std::string ClosePayload(uint16_t code, std::string_view reason) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}.append(reason);
}

bool PeerConnection::Await(short events, std::optional<std::chrono::milliseconds> timeout) {
  pollfd entries[2] = {{.fd = socket_, .events = events, .revents = 0},
                       {.fd = peer_.stop_event_, .events = POLLIN, .revents = 0}};
  const int ready = poll(entries, 2, timeout.has_value() ? static_cast<int>(timeout->count()) : -1);
  return ready > 0 && entries[1].revents == 0;
}

bool PeerConnection::Fill() {
  char buffer[16384];
  const int size = ReadBytes(buffer, sizeof buffer);
  if (size > 0) {
    received_.append(buffer, static_cast<size_t>(size));
  }
  return size > 0;
}

bool PeerConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int written = WriteBytes(bytes.data(), bytes.size());
    if (written <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string PeerConnection::ReadRequest() {
  size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) {
      return "";
    }
  }
  std::string request = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  const std::lock_guard lock(peer_.mutex_);
  peer_.requests_.push_back(request);
  return request;
}

std::string PeerConnection::GoodAnswer(const std::string& request, const std::string& headers) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         AcceptKey(request) + "\r\n" + headers + "\r\n";
}

bool PeerConnection::Upgrade(const std::string& headers) {
  const std::string request = ReadRequest();
  return !request.empty() && Send(GoodAnswer(request, headers));
}

std::optional<PeerFrame> PeerConnection::ReadFrame() {
  const auto need = [this](size_t size) {
    while (received_.size() < size) {
      if (!Fill()) {
        return false;
      }
    }
    return true;
  };
  if (!need(2)) {
    return std::nullopt;
  }
  const auto byte = [this](size_t at) { return static_cast<uint8_t>(received_[at]); };
  PeerFrame frame{.opcode = static_cast<Opcode>(byte(0) & 0x0f),
                  .fin = (byte(0) & 0x80) != 0,
                  .masked = (byte(1) & 0x80) != 0,
                  .payload = ""};
  uint64_t size = byte(1) & 0x7f;
  size_t head = 2;
  if (const size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0; wide > 0) {
    head += wide;
    if (!need(head)) {
      return std::nullopt;
    }
    size = 0;
    for (size_t i = 0; i < wide; ++i) {
      size = size << 8 | byte(2 + i);
    }
  }
  const size_t key = head;
  head += frame.masked ? 4 : 0;
  if (!need(head + size)) {
    return std::nullopt;
  }
  frame.payload = received_.substr(head, size);
  for (size_t i = 0; frame.masked && i < size; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ received_[key + i % 4]);
  }
  received_.erase(0, head + size);
  const std::lock_guard lock(peer_.mutex_);
  peer_.frames_.push_back(frame);
  return frame;
}

void PeerConnection::ServeWell() {
  while (const auto frame = ReadFrame()) {
    if (frame->opcode == Opcode::kPing) {
      SendFrame(Opcode::kPong, frame->payload);
    } else if (frame->opcode == Opcode::kClose) {
      SendFrame(Opcode::kClose, frame->payload);
      Shutdown();
      return AwaitEnd();
    } else if (frame->opcode != Opcode::kPong) {
      SendFrame(frame->opcode, frame->payload, frame->fin);
    }
  }
}

void PeerConnection::AwaitEnd() {
  while (ReadFrame().has_value()) {
  }
}

void PeerConnection::Hold() {
  pollfd entry{.fd = peer_.stop_event_, .events = POLLIN, .revents = 0};
  poll(&entry, 1, -1);
}

bool PeerConnection::Pause(std::chrono::milliseconds time) {
  pollfd entry{.fd = peer_.stop_event_, .events = POLLIN, .revents = 0};
  return poll(&entry, 1, static_cast<int>(time.count())) == 0;
}

void PeerConnection::Reset() {
  const linger discard{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &discard, sizeof discard);
  // An unconnected address ends the connection with a RST and leaves the descriptor to its owner.
  const sockaddr none{.sa_family = AF_UNSPEC, .sa_data = {}};
  connect(socket_, &none, sizeof none);
}

MisbehavingPeer::MisbehavingPeer(Script script, std::optional<TestIdentity> identity, std::string client_authority)
    : script_(std::move(script)), identity_(std::move(identity)), client_authority_(std::move(client_authority)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  stop_event_ = eventfd(0, EFD_CLOEXEC);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Require(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
  Require(listen(listener_, SOMAXCONN) == 0, "listen");
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

MisbehavingPeer::~MisbehavingPeer() {
  const uint64_t stop = 1;
  Require(write(stop_event_, &stop, sizeof stop) == sizeof stop, "stop the peer");
  acceptor_.join();
  for (std::thread& worker : workers_) {
    worker.join();
  }
  close(listener_);
  close(stop_event_);
}

std::string MisbehavingPeer::url() const {
  return std::string(identity_.has_value() ? "wss" : "ws") + "://127.0.0.1:" + std::to_string(port_) + "/";
}

int MisbehavingPeer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::vector<PeerFrame> MisbehavingPeer::frames() const {
  const std::lock_guard lock(mutex_);
  return frames_;
}

std::vector<std::string> MisbehavingPeer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void MisbehavingPeer::Accept() {
  while (true) {
    pollfd entries[2] = {{.fd = listener_, .events = POLLIN, .revents = 0},
                         {.fd = stop_event_, .events = POLLIN, .revents = 0}};
    poll(entries, 2, -1);
    if (entries[1].revents != 0) {
      return;
    }
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
      continue;
    }
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int index = 0;
    {
      const std::lock_guard lock(mutex_);
      index = connections_++;
    }
    workers_.emplace_back([this, socket, index] { Serve(socket, index); });
  }
}

void MisbehavingPeer::Serve(int socket, int index) {
  {
    const std::unique_ptr<PeerConnection> connection =
        identity_.has_value() ? std::unique_ptr<PeerConnection>(std::make_unique<TlsPeerConnection>(
                                    *this, socket, index, *identity_, client_authority_))
                              : std::make_unique<PlainPeerConnection>(*this, socket, index);
    script_(*connection);
  }
  close(socket);
}

}  // namespace holter::testing
