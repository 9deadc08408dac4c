#include "app/start_check.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

namespace holter::app {
namespace {

// A listening socket while it lives.
class Listener {
 public:
  Listener() = default;
  ~Listener() {
    if (socket_ >= 0) close(socket_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // 0, or the errno.
  int Listen(const addrinfo& address) {
    socket_ = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    const bool listens = socket_ >= 0 && setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                         bind(socket_, address.ai_addr, address.ai_addrlen) == 0 && listen(socket_, 1) == 0;
    return listens ? 0 : errno;
  }

 private:
  int socket_ = -1;
};

absl::Status CannotListen(const char* flag, const std::string& listen, const char* why) {
  return absl::UnavailableError(fmt::format("{}: cannot listen on {}: {}", flag, listen, why));
}

bool IsPort(std::string_view text) {
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

absl::Status Listen(const char* flag, const std::string& listen, Listener& listener) {
  if (listen.starts_with("unix:")) return absl::OkStatus();
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) {
    return CannotListen(flag, listen, "expected an address and a port such as 127.0.0.1:7600");
  }
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = listen.substr(colon + 1);
  if (!IsPort(port)) return CannotListen(flag, listen, "expected a port from 0 to 65535");
  const int error = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, [](addrinfo* each) {
    if (each != nullptr) freeaddrinfo(each);
  });
  if (error != 0) return CannotListen(flag, listen, gai_strerror(error));
  if (const int failure = listener.Listen(*addresses); failure != 0) {
    return CannotListen(flag, listen, std::strerror(failure));
  }
  return absl::OkStatus();
}

absl::Status CheckPortsFile(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  const std::string draft = path + ".new";
  errno = 0;
  if (!std::ofstream(draft, std::ios::trunc)) {
    return absl::UnavailableError(fmt::format("--ports-file: {} cannot be written: {}", path, std::strerror(errno)));
  }
  std::remove(draft.c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckStart(const Configuration& config) {
  // Both at a time: they may be the same.
  Listener grpc;
  Listener http;
  if (absl::Status status = Listen("--grpc-listen", config.grpc_listen, grpc); !status.ok()) return status;
  if (absl::Status status = Listen("--http-listen", config.http_listen, http); !status.ok()) return status;
  return CheckPortsFile(config.ports_file);
}

}  // namespace holter::app
