#include "observe/http_server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/error.h"
#include "fmt/format.h"
#include "observe/http_encoding.h"

namespace holter::observe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr size_t kReadStep = 1024;
constexpr size_t kGzipLeast = 1024;               // smaller bodies do not repay it
constexpr size_t kPieceLeast = size_t{16} << 10;  // compressed pieces are gathered up to this
constexpr int kSlowNice = 10;                     // a scrape yields to heartbeats
constexpr Duration kLinger = std::chrono::seconds(1);
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

std::string FormatEndpoint(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), host, endpoint.port());
}

HttpResponse Problem(http::status status, std::string_view text) {
  return {.status = static_cast<int>(status), .body = fmt::format("{}\n", text)};
}

}  // namespace

// Everything behind HttpServer. Its methods run on the thread of the sockets but for those that say otherwise.
class HttpServer::Listener {
 public:
  class Connection;

  Listener(const HttpServerOptions& options, std::vector<HttpRoute> routes)
      : options_(options), routes_(std::move(routes)) {}

  // Both from the thread that owns the server.
  absl::Status Start();
  void Shutdown(Duration deadline);

  const HttpServerOptions& options() const { return options_; }
  const tcp::endpoint& bound() const { return bound_; }
  const std::string& address() const { return address_; }
  bool draining() const { return draining_; }
  asio::io_context& io() { return io_; }
  asio::thread_pool& slow() { return slow_; }

  HttpResponse Answer(const http::request<http::empty_body>& request);
  bool TakeSlowPlace();
  void LeaveSlowPlace() { --slow_responses_; }
  void Forget(const std::shared_ptr<Connection>& connection);
  void CountException() {
    if (options_.operations != nullptr) {
      options_.operations->OnException("observe");
    }
  }

 private:
  void Accept();
  void OnAccept(error_code ec, tcp::socket socket);
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
  std::set<std::shared_ptr<Connection>> connections_;
  size_t slow_responses_ = 0;
  bool draining_ = false;
  std::promise<void> drained_;
  bool drained_told_ = false;
  tcp::endpoint bound_;
  std::string address_;
  asio::thread_pool slow_{1};
  std::thread thread_;
};

// One client. Lives while an operation of it is pending; the listener's set is for counting and for the end.
class HttpServer::Listener::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Listener& listener, tcp::socket socket) : listener_(listener), stream_(std::move(socket)) {}

  void ReadNext();
  bool idle() const { return idle_; }
  // Every pending operation ends with an error.
  void Close();

 private:
  void ReadRequest();
  void OnRequest(error_code ec);
  void RefuseRequest(error_code ec);
  void Respond(HttpResponse response, bool keep_alive);
  void RespondWhole(HttpResponse response, bool gzip);
  void RespondInPieces(HttpResponse response, bool gzip);
  void MakePiece();
  void FillPiece();
  void WritePiece();
  void OnPieceWritten(error_code ec);
  void FinishPieces();
  void FinishResponse(error_code ec);
  void Linger();
  template <typename Body>
  void SetFields(http::response<Body>& response, const HttpResponse& from, bool gzip) const;

  Listener& listener_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  bool idle_ = true;
  bool closed_ = false;
  bool head_ = false;
  bool keep_alive_ = false;
  unsigned version_ = 11;

  std::optional<http::response<http::string_body>> whole_;
  std::optional<http::response<http::empty_body>> header_;
  std::optional<http::response_serializer<http::empty_body>> serializer_;

  // Of a body in pieces: touched by the slow thread while it makes one, by the other thread before and after.
  BodySource source_;
  std::optional<GzipWriter> gzip_;
  std::string raw_;
  std::string piece_;
  bool more_ = false;
  bool broken_ = false;
  bool slow_place_ = false;
};

// ---- Listener

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
  asio::post(slow_, [] { setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kSlowNice); });
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
  slow_.stop();
  slow_.join();
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
  if (connections_.size() < options_.max_connections) {
    auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connections_.insert(connection);
    connection->ReadNext();
  }
  Accept();
}

void HttpServer::Listener::Forget(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  if (draining_ && connections_.empty() && !std::exchange(drained_told_, true)) {
    drained_.set_value();
  }
}

bool HttpServer::Listener::TakeSlowPlace() {
  if (slow_responses_ >= options_.max_slow_responses) {
    return false;
  }
  ++slow_responses_;
  return true;
}

HttpResponse HttpServer::Listener::Answer(const http::request<http::empty_body>& request) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return Problem(http::status::method_not_allowed, "only GET and HEAD are allowed");
  }
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  for (const HttpRoute& route : routes_) {
    if (route.path == path) {
      try {
        return route.handler();
      } catch (...) {
        CountException();
        return Problem(http::status::internal_server_error, "internal error");
      }
    }
  }
  return Problem(http::status::not_found, ListOfPaths());
}

std::string HttpServer::Listener::ListOfPaths() const {
  std::string text = "not found; there are:";
  for (const HttpRoute& route : routes_) {
    text.append("\n").append(route.path);
  }
  return text;
}

// ---- Connection

void HttpServer::Listener::Connection::Close() {
  if (std::exchange(closed_, true)) {
    return;
  }
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
  stream_.close();
  if (std::exchange(slow_place_, false)) {
    listener_.LeaveSlowPlace();
  }
  asio::post(listener_.io(), [self = shared_from_this()] { self->listener_.Forget(self); });
}

// Between requests a client may be silent for long; once a request has begun it may not.
void HttpServer::Listener::Connection::ReadNext() {
  if (buffer_.size() > 0) {
    ReadRequest();
    return;
  }
  idle_ = true;
  stream_.expires_after(listener_.options().idle_timeout);
  stream_.async_read_some(buffer_.prepare(kReadStep), [self = shared_from_this()](error_code ec, size_t bytes) {
    if (ec) {
      self->Close();
      return;
    }
    self->buffer_.commit(bytes);
    self->ReadRequest();
  });
}

void HttpServer::Listener::Connection::ReadRequest() {
  idle_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(listener_.options().max_header_bytes));
  parser_->body_limit(0);
  stream_.expires_after(listener_.options().header_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code ec, size_t /*bytes*/) { self->OnRequest(ec); });
}

void HttpServer::Listener::Connection::OnRequest(error_code ec) {
  if (ec) {
    RefuseRequest(ec);
    return;
  }
  const auto& request = parser_->get();
  version_ = request.version();
  head_ = request.method() == http::verb::head;
  Respond(listener_.Answer(request), request.keep_alive());
}

void HttpServer::Listener::Connection::RefuseRequest(error_code ec) {
  version_ = 11;
  head_ = false;
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
    Respond(Problem(http::status::request_header_fields_too_large, "the request's header is too large"), false);
  } else if (ec == http::error::body_limit || ec == http::error::unexpected_body) {
    Respond(Problem(http::status::payload_too_large, "a request must not have a body"), false);
  } else if (ec.category() == make_error_code(http::error::bad_method).category() && ec != http::error::end_of_stream &&
             ec != http::error::partial_message) {
    Respond(Problem(http::status::bad_request, "malformed request"), false);
  } else {
    Close();
  }
}

void HttpServer::Listener::Connection::Respond(HttpResponse response, bool keep_alive) {
  keep_alive_ = keep_alive && !listener_.draining();
  stream_.expires_after(listener_.options().response_timeout);
  const auto accepted = parser_->get()[http::field::accept_encoding];
  const bool gzip = AcceptsGzip(std::string_view(accepted.data(), accepted.size()));
  if (response.pieces != nullptr && !head_ && !(slow_place_ = listener_.TakeSlowPlace())) {
    response = Problem(http::status::service_unavailable, "too many scrapes at a time");
  }
  if (response.pieces != nullptr) {
    RespondInPieces(std::move(response), gzip);
  } else {
    const bool worth_it = response.body.size() >= kGzipLeast;
    RespondWhole(std::move(response), gzip && worth_it);
  }
}

template <typename Body>
void HttpServer::Listener::Connection::SetFields(http::response<Body>& response, const HttpResponse& from,
                                                 bool gzip) const {
  response.version(version_);
  response.result(static_cast<unsigned>(from.status));
  response.set(http::field::content_type, from.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set(http::field::vary, "Accept-Encoding");
  if (gzip) {
    response.set(http::field::content_encoding, "gzip");
  }
  if (from.status == static_cast<int>(http::status::method_not_allowed)) {
    response.set(http::field::allow, "GET, HEAD");
  }
  response.keep_alive(keep_alive_);
}

void HttpServer::Listener::Connection::RespondWhole(HttpResponse response, bool gzip) {
  whole_.emplace();
  if (gzip) {
    GzipWriter().Write(response.body, true, whole_->body());
  } else {
    whole_->body() = std::move(response.body);
  }
  SetFields(*whole_, response, gzip);
  whole_->prepare_payload();
  if (head_) {
    whole_->body().clear();  // the header keeps the length
  }
  http::async_write(stream_, *whole_,
                    [self = shared_from_this()](error_code ec, size_t /*bytes*/) { self->FinishResponse(ec); });
}

// The length is not known before the end: chunked, or for HTTP/1.0 up to the end of the connection.
void HttpServer::Listener::Connection::RespondInPieces(HttpResponse response, bool gzip) {
  keep_alive_ = keep_alive_ && version_ >= 11;
  source_ = std::move(response.pieces);
  gzip_.reset();
  if (gzip) {
    gzip_.emplace();
  }
  more_ = true;
  header_.emplace();
  SetFields(*header_, response, gzip);
  header_->chunked(version_ >= 11);
  serializer_.emplace(*header_);
  http::async_write_header(stream_, *serializer_, [self = shared_from_this()](error_code ec, size_t /*bytes*/) {
    if (ec || self->head_) {
      self->FinishResponse(ec);
    } else {
      self->MakePiece();
    }
  });
}

void HttpServer::Listener::Connection::MakePiece() {
  asio::post(listener_.slow(), [self = shared_from_this()] {
    try {
      self->FillPiece();
    } catch (...) {
      self->broken_ = true;
      self->listener_.CountException();
    }
    asio::post(self->listener_.io(), [self] { self->WritePiece(); });
  });
}

void HttpServer::Listener::Connection::FillPiece() {
  piece_.clear();
  while (more_ && piece_.size() < kPieceLeast) {
    raw_.clear();
    more_ = source_(raw_);
    if (gzip_) {
      gzip_->Write(raw_, !more_, piece_);
    } else {
      piece_ += raw_;
    }
  }
}

void HttpServer::Listener::Connection::WritePiece() {
  if (closed_) {
    return;
  }
  if (broken_) {
    Close();  // the header has gone; a cut body is how HTTP says that it failed
    return;
  }
  if (piece_.empty()) {
    FinishPieces();
    return;
  }
  const auto written = [self = shared_from_this()](error_code ec, size_t /*bytes*/) { self->OnPieceWritten(ec); };
  if (version_ >= 11) {
    asio::async_write(stream_, http::make_chunk(asio::buffer(piece_)), written);
  } else {
    asio::async_write(stream_, asio::buffer(piece_), written);
  }
}

void HttpServer::Listener::Connection::OnPieceWritten(error_code ec) {
  if (ec) {
    Close();
  } else if (more_) {
    MakePiece();
  } else {
    FinishPieces();
  }
}

void HttpServer::Listener::Connection::FinishPieces() {
  if (version_ < 11) {
    FinishResponse({});
    return;
  }
  asio::async_write(stream_, http::make_chunk_last(),
                    [self = shared_from_this()](error_code ec, size_t /*bytes*/) { self->FinishResponse(ec); });
}

void HttpServer::Listener::Connection::FinishResponse(error_code ec) {
  source_ = nullptr;
  gzip_.reset();
  if (std::exchange(slow_place_, false)) {
    listener_.LeaveSlowPlace();
  }
  if (ec) {
    Close();
  } else if (keep_alive_ && !listener_.draining()) {
    ReadNext();
  } else {
    stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
    stream_.expires_after(kLinger);
    Linger();
  }
}

// Closing while bytes of a refused request are unread would reset the connection and may take the answer with it.
void HttpServer::Listener::Connection::Linger() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadStep), [self = shared_from_this()](error_code ec, size_t /*bytes*/) {
    if (ec) {
      self->Close();
    } else {
      self->Linger();
    }
  });
}

// ---- HttpServer

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
