// A small HTTP/1.1 server for monitoring: GET and HEAD, keep-alive, gzip, bodies that are made in pieces.
//
// Threads: one serves the sockets and runs the handlers that answer at once; one for each lane makes the answers that
// take time, so that a probe is answered while a scrape runs, and a scrape while somebody looks at pages. Stop:
// Shutdown, from another thread than these, then the destructor, which has nothing left to wait for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/operation_observer.h"

namespace holter::observe {

// Appends the next piece of a body to `out`; false: there was none left, nothing was appended.
using BodySource = std::function<bool(std::string& out)>;

// Who makes answers that take time: machines are not to wait for people, nor people for machines.
enum class HttpLane : uint8_t { kScrape, kPage };
inline constexpr size_t kHttpLanes = 2;

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> fields = {};  // besides what the server sets, or in its place
  std::string body = {};                                         // the whole of it, or,
  BodySource pieces = {};                    // if set, made on the lane, piece by piece as the client takes them, or,
  std::function<HttpResponse()> later = {};  // if set, what to answer in place of this, made on the lane; has a `body`
  HttpLane lane = HttpLane::kScrape;
};

// What a client asks for. Views of the connection's buffer: valid while the handler runs.
struct HttpRequest {
  std::string_view path;
  std::string_view query;  // behind "?", as it came
};

// One path, compared exactly; one that ends in "/", but "/" itself, stands for all below it. The handler runs on the
// thread of the sockets and must not block.
struct HttpRoute {
  std::string path;
  std::function<HttpResponse(const HttpRequest&)> handler;
};

struct HttpServerOptions {
  std::string listen = "127.0.0.1:0";  // host:port, the host a numeric address; port 0: any
  OperationObserver* operations = nullptr;
  size_t max_connections =
      64;  // one more ends the one that has waited longest for its client; if all answer, is refused
  size_t max_slow_responses = 4;  // of a lane at a time; more are answered 503
  size_t max_header_bytes = size_t{8} << 10;
  Duration header_timeout =
      std::chrono::seconds(10);  // from the first byte of a request to its last, and before the first
  Duration idle_timeout =
      std::chrono::seconds(130);  // between requests; longer than the slowest usual scrape interval, 120 s
  Duration response_timeout = std::chrono::seconds(60);  // from the request to the last byte of the answer
};

class HttpServer {
 public:
  // Binds, listens and starts the threads. INVALID_ARGUMENT: `listen` is malformed; UNAVAILABLE: it cannot be bound.
  // Paths that no route has are answered 404 with a list of those that exist.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                           std::vector<HttpRoute> routes);
  ~HttpServer();

  // Bound address, "127.0.0.1:7601".
  const std::string& address() const;
  uint16_t port() const;

  // Accepts no more, closes idle connections, lets answers that are being written end until `deadline` has passed, then
  // cuts them off and joins the threads. A second call does nothing.
  void Shutdown(Duration deadline);

 private:
  class Listener;
  explicit HttpServer(std::unique_ptr<Listener> listener);
  const std::unique_ptr<Listener> listener_;
};

}  // namespace holter::observe
