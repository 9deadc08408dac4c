// A raw HTTP client that sends what it is told and reads what comes, each read bounded in time.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace holter::observe {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;                           // chunks joined
};

class HttpProbe {
 public:
  explicit HttpProbe(uint16_t port, int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval bound{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
    if (receive_buffer > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~HttpProbe() { close(fd_); }
  HttpProbe(const HttpProbe&) = delete;
  HttpProbe& operator=(const HttpProbe&) = delete;

  bool connected() const { return connected_; }
  bool Send(const std::string& text) {
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // GET with further header lines, each ended by CR LF.
  bool Get(const std::string& path, const std::string& more = "") {
    return Send("GET " + path + " HTTP/1.1\r\nHost: test\r\n" + more + "\r\n");
  }

  // Nothing: the connection ended, or was silent for 10 s, before a whole answer had come.
  std::optional<HttpAnswer> Read(bool head = false) {
    std::string header;
    while (!header.ends_with("\r\n\r\n")) {
      const auto c = Take(1);
      if (!c) {
        return std::nullopt;
      }
      header += *c;
    }
    HttpAnswer answer;
    answer.status = std::atoi(header.c_str() + sizeof "HTTP/1.1");
    for (size_t at = header.find("\r\n") + 2; at + 2 < header.size();) {
      const size_t end = header.find("\r\n", at);
      const size_t colon = header.find(':', at);
      std::string name = header.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      answer.fields[name] = header.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    if (head || ReadBody(answer)) {
      return answer;
    }
    return std::nullopt;
  }

  // Waits until the answer has begun.
  bool Begun() { return Take(1).has_value(); }

  // True when the server ended the connection before it sent anything more.
  bool Ended() {
    char c = 0;
    errno = 0;
    return buffer_.empty() && recv(fd_, &c, 1, 0) <= 0 && errno != EAGAIN;
  }

 private:
  bool ReadBody(HttpAnswer& answer) {
    if (answer.fields.contains("content-length")) {
      const auto body = Take(std::stoul(answer.fields["content-length"]));
      answer.body = body.value_or("");
      return body.has_value();
    }
    if (!answer.fields.contains("transfer-encoding")) {
      while (const auto c = Take(1)) {
        answer.body += *c;
      }
      return true;
    }
    for (;;) {
      std::string size;
      while (!size.ends_with("\r\n")) {
        const auto c = Take(1);
        if (!c) {
          return false;
        }
        size += *c;
      }
      const auto chunk = Take(std::stoul(size, nullptr, 16) + 2);
      if (!chunk) {
        return false;
      }
      if (chunk->size() == 2) {
        return true;
      }
      answer.body.append(*chunk, 0, chunk->size() - 2);
    }
  }

  std::optional<std::string> Take(size_t size) {
    while (buffer_.size() - taken_ < size) {
      char data[65536];
      errno = 0;
      const ssize_t got = recv(fd_, data, sizeof data, 0);
      if (got <= 0) {
        return std::nullopt;
      }
      buffer_.append(data, static_cast<size_t>(got));
    }
    std::string out = buffer_.substr(taken_, size);
    taken_ += size;
    if (taken_ == buffer_.size()) {
      buffer_.clear();
      taken_ = 0;
    }
    return out;
  }

  const int fd_;
  bool connected_ = false;
  std::string buffer_;
  size_t taken_ = 0;
};

}  // namespace holter::observe
