// A bound socket that never answers.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace holter::testing {

// A name server that is silent, a listener whose queue is full, or a port that nobody serves.
class MuteSocket {
 public:
  // `type`: SOCK_DGRAM or SOCK_STREAM. Bound to a free port of 127.0.0.1; connections are refused.
  explicit MuteSocket(int type) : socket_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address_), sizeof(address_)), 0);
    socklen_t size = sizeof(address_);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
  }
  ~MuteSocket() {
    for (const int filler : fillers_) {
      close(filler);
    }
    close(socket_);
  }
  MuteSocket(const MuteSocket&) = delete;
  MuteSocket& operator=(const MuteSocket&) = delete;

  // Listens with a queue that is full, so that further SYNs are dropped.
  void ListenFull() {
    EXPECT_EQ(listen(socket_, 0), 0);
    for (int i = 0; i < 4; ++i) {
      const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      (void)connect(filler, reinterpret_cast<sockaddr*>(&address_), sizeof(address_));
      fillers_.push_back(filler);
    }
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  const int socket_;
  sockaddr_in address_{};
  std::vector<int> fillers_;
};

}  // namespace holter::testing
