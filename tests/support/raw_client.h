// A client that sends bytes as it is told, for requests that no library would make.
#pragma once

#include <string>
#include <vector>

namespace holter::testing {

class RawClient {
 public:
  // To 127.0.0.1 at the port of `address`.
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool Send(const std::string& bytes) const;
  // All that comes until the server ends the connection; false: it says nothing for 20 s.
  bool ReadToEnd(std::string& out) const;

 private:
  const int fd_;
};

// The client's preface of HTTP/2 (RFC 9113 section 3.4) with no settings.
extern const std::string kHttp2Preface;

// Calls of gRPC that stop in their head, before their message, in their message.
std::vector<std::string> HalfSaidRequests(const std::string& method);

}  // namespace holter::testing
