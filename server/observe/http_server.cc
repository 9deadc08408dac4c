#include "observe/http_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/error.h"
#include "fmt/format.h"
#include "observe/http_connection.h"

namespace holter::observe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kNotFound = 404;
constexpr int kInternalError = 500;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

absl::StatusOr<tcp::endpoint> ParseListen(std::string_view listen) {
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  if (colon != std::string_view::npos) {
    std::string host(listen.substr(0, colon));
    const std::string digits(listen.substr(colon + 1));
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    } else if (host == "localhost") {
      host = "127.0.0.1";
    }
    error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    if (!ec && absl::SimpleAtoi(digits, &port) && port <= 65535) {
      return tcp::endpoint(address, static_cast<uint16_t>(port));
    }
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "HTTP_LISTEN_MALFORMED",
                   fmt::format("expected a numeric address and a port such as 127.0.0.1:7601, got \"{}\"", listen),
                   {{"listen", std::string(listen)}});
}

bool Leads(const HttpRoute& route, std::string_view path) {
  const bool all_below = route.path.size() > 1 && route.path.back() == '/';
  return all_below ? path.starts_with(route.path) && path.size() > route.path.size() : path == route.path;
}

std::string FormatEndpoint(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), host, endpoint.port());
}

}  // namespace

// Everything behind HttpServer. Its methods run on the thread of the sockets but for those that say otherwise.
class HttpServer::Listener final : public HttpHost {
 public:
  Listener(const HttpServerOptions& options, std::vector<HttpRoute> routes)
      : options_(options), routes_(std::move(routes)) {}

  // All from the thread that owns the server.
  absl::Status Start();
  void Shutdown(Duration deadline);
  const tcp::endpoint& bound() const { return bound_; }
  const std::string& address() const { return address_; }

  const HttpServerOptions& options() const override { return options_; }
  bool draining() const override { return draining_; }
  HttpResponse Answer(const HttpRequest& request) override;
  bool TakeSlowPlace(HttpLane lane) override;
  void LeaveSlowPlace(HttpLane lane) override { --LaneOf(lane).responses; }
  void RunSlow(HttpLane lane, std::function<void()> work) override { asio::post(LaneOf(lane).thread, std::move(work)); }
  void CountException() override;
  void Forget(const std::shared_ptr<HttpConnection>& connection) override;

 private:
  struct Lane {
    size_t responses = 0;
    asio::thread_pool thread{1};
  };

  Lane& LaneOf(HttpLane lane) { return lanes_[static_cast<size_t>(lane)]; }
  void Accept();
  void OnAccept(error_code ec, tcp::socket socket);
  // Makes room: clients that hold connections and say nothing must not keep the others out. False: all are being
  // answered.
  bool EndLongestWaiting();
  void Drain();
  void Run();
  std::string ListOfPaths() const;

  const HttpServerOptions options_;
  const std::vector<HttpRoute> routes_;
  asio::io_context io_{1};
  // While a slow body is being made nothing is pending here.
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  tcp::acceptor acceptor_{io_};
  asio::steady_timer accept_pause_{io_};
  std::set<std::shared_ptr<HttpConnection>> connections_;
  bool draining_ = false;
  std::promise<void> drained_;
  bool drained_told_ = false;
  tcp::endpoint bound_;
  std::string address_;
  std::array<Lane, kHttpLanes> lanes_;
  std::thread thread_;
};

absl::Status HttpServer::Listener::Start() {
  const auto endpoint = ParseListen(options_.listen);
  if (!endpoint.ok()) {
    return endpoint.status();
  }
  error_code ec;
  const auto tried = [&](auto&& operation) {
    if (!ec) {
      operation();
    }
  };
  tried([&] { acceptor_.open(endpoint->protocol(), ec); });
  tried([&] { acceptor_.set_option(asio::socket_base::reuse_address(true), ec); });
  tried([&] { acceptor_.bind(*endpoint, ec); });
  tried([&] { acceptor_.listen(asio::socket_base::max_listen_connections, ec); });
  tried([&] { bound_ = acceptor_.local_endpoint(ec); });
  if (ec) {
    return MakeError(absl::StatusCode::kUnavailable, "HTTP_LISTEN_FAILED",
                     fmt::format("cannot listen on {}: {}", options_.listen, ec.message()),
                     {{"listen", options_.listen}, {"error", ec.message()}});
  }
  address_ = FormatEndpoint(bound_);
  Accept();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void HttpServer::Listener::Run() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (...) {
      CountException();
    }
  }
}

void HttpServer::Listener::Shutdown(Duration deadline) {
  if (!thread_.joinable()) {
    return;
  }
  auto drained = drained_.get_future();
  asio::post(io_, [this] { Drain(); });
  drained.wait_for(deadline);
  for (Lane& lane : lanes_) {
    lane.thread.stop();
    lane.thread.join();
  }
  io_.stop();
  thread_.join();
}

void HttpServer::Listener::Drain() {
  draining_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  for (const auto& connection : connections_) {
    if (connection->idle()) {
      connection->Close();
    }
  }
  Forget(nullptr);
}

void HttpServer::Listener::Accept() {
  acceptor_.async_accept([this](error_code ec, tcp::socket socket) { OnAccept(ec, std::move(socket)); });
}

void HttpServer::Listener::OnAccept(error_code ec, tcp::socket socket) {
  if (draining_) {
    return;
  }
  if (ec) {
    // Most likely no descriptor is left; asking again at once would spin.
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](error_code cancelled) {
      if (!cancelled) {
        Accept();
      }
    });
    return;
  }
  if (connections_.size() < options_.max_connections || EndLongestWaiting()) {
    auto connection = MakeHttpConnection(*this, std::move(socket));
    connections_.insert(connection);
    connection->ReadNext();
  }
  Accept();
}

bool HttpServer::Listener::EndLongestWaiting() {
  const auto longest = std::min_element(
      connections_.begin(), connections_.end(),
      [](const auto& one, const auto& other) { return one->waiting_since() < other->waiting_since(); });
  if (longest == connections_.end() || (*longest)->waiting_since() == kNever) {
    return false;
  }
  (*longest)->Close();
  return true;
}

void HttpServer::Listener::Forget(const std::shared_ptr<HttpConnection>& connection) {
  connections_.erase(connection);
  if (draining_ && connections_.empty() && !std::exchange(drained_told_, true)) {
    drained_.set_value();
  }
}

bool HttpServer::Listener::TakeSlowPlace(HttpLane lane) {
  if (LaneOf(lane).responses >= options_.max_slow_responses) {
    return false;
  }
  ++LaneOf(lane).responses;
  return true;
}

void HttpServer::Listener::CountException() {
  if (options_.operations != nullptr) {
    options_.operations->OnException("observe");
  }
}

HttpResponse HttpServer::Listener::Answer(const HttpRequest& request) {
  for (const HttpRoute& route : routes_) {
    if (Leads(route, request.path)) {
      try {
        return route.handler(request);
      } catch (...) {
        CountException();
        return {.status = kInternalError, .body = "internal error\n"};
      }
    }
  }
  return {.status = kNotFound, .body = ListOfPaths()};
}

std::string HttpServer::Listener::ListOfPaths() const {
  std::string text = "not found; there are:\n";
  for (const HttpRoute& route : routes_) {
    text.append(route.path).append("\n");
  }
  return text;
}

HttpServer::HttpServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}

HttpServer::~HttpServer() { listener_->Shutdown(Duration::zero()); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              std::vector<HttpRoute> routes) {
  auto listener = std::make_unique<Listener>(options, std::move(routes));
  if (absl::Status status = listener->Start(); !status.ok()) {
    return status;
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

const std::string& HttpServer::address() const { return listener_->address(); }

uint16_t HttpServer::port() const { return listener_->bound().port(); }

void HttpServer::Shutdown(Duration deadline) { listener_->Shutdown(deadline); }

}  // namespace holter::observe
