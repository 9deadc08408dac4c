#include "tests/support/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace holter::testing {
namespace {

constexpr timeval kPatience{.tv_sec = 20, .tv_usec = 0};

// A frame of HTTP/2 (RFC 9113 section 4.1) of stream 1 that says it has `size` bytes.
std::string FrameHead(size_t size, char type, char flags) {
  return {
      static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size), type, flags, 0, 0, 0, 1};
}

}  // namespace

RawClient::RawClient(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
}

RawClient::~RawClient() { close(fd_); }

bool RawClient::Send(const std::string& bytes) const {
  return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool RawClient::ReadToEnd(std::string& out) const {
  char buffer[4096];
  ssize_t got = 0;
  errno = 0;
  while ((got = recv(fd_, buffer, sizeof buffer, 0)) > 0) out.append(buffer, static_cast<size_t>(got));
  return got == 0 || errno == ECONNRESET;
}

const std::string kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);

std::vector<std::string> HalfSaidRequests(const std::string& method) {
  // :method POST, :scheme http, and by name :path, :authority, content-type and te.
  std::string head = "\x83\x86";
  const auto field = [&](const std::string& name, const std::string& value) {
    head += std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
  };
  field(":path", method);
  field(":authority", "a");
  field("content-type", "application/grpc");
  field("te", "trailers");
  constexpr char headers = 1;
  constexpr char data = 0;
  constexpr char end_headers = 4;
  const std::string whole_head = FrameHead(head.size(), headers, end_headers) + head;
  return {FrameHead(100, headers, end_headers) + head.substr(0, 20), whole_head,
          whole_head + FrameHead(100, data, 0) + std::string("\0\0\0\0\x5f", 5) + "half"};
}

}  // namespace holter::testing
