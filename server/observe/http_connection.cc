#include "observe/http_connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "observe/http_encoding.h"

namespace holter::observe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kReadStep = 1024;
constexpr size_t kGzipLeast = 1024;               // smaller bodies do not repay it
constexpr size_t kPieceLeast = size_t{16} << 10;  // compressed pieces are gathered up to this
constexpr Duration kLinger = std::chrono::seconds(1);

HttpResponse Problem(http::status status, std::string_view text) {
  return {.status = static_cast<int>(status), .body = fmt::format("{}\n", text)};
}

// Lives while an operation of it is pending; the host's set is for counting and for the end.
class BeastConnection final : public HttpConnection, public std::enable_shared_from_this<BeastConnection> {
 public:
  BeastConnection(HttpHost& host, tcp::socket socket) : host_(host), stream_(std::move(socket)) {}

  void ReadNext() override;
  bool idle() const override { return idle_; }
  TimePoint waiting_since() const override { return waiting_since_; }
  void Close() override;

 private:
  void ReadRequest();
  void OnRequest(error_code ec);
  void RefuseRequest(error_code ec);
  void Respond(HttpResponse response, bool keep_alive);
  void RespondNow(HttpResponse response);
  void RespondLater(const std::function<HttpResponse()>& make);
  void LeaveSlowPlace();
  void AwaitClient() { waiting_since_ = std::chrono::steady_clock::now(); }
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

  HttpHost& host_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  bool idle_ = true;
  bool served_ = false;  // a request has come
  TimePoint waiting_since_ = kNever;
  bool closed_ = false;
  bool head_ = false;
  bool keep_alive_ = false;
  bool gzip_taken_ = false;  // by the client
  unsigned version_ = 11;

  std::optional<http::response<http::string_body>> whole_;
  std::optional<http::response<http::empty_body>> header_;
  std::optional<http::response_serializer<http::empty_body>> serializer_;

  std::optional<HttpLane> slow_place_;

  // Of a body in pieces: touched by the lane's thread while it makes one, by the other thread before and after.
  BodySource source_;
  std::optional<GzipWriter> gzip_;
  std::string raw_;
  std::string piece_;
  bool more_ = false;
  bool broken_ = false;
};

void BeastConnection::Close() {
  if (std::exchange(closed_, true)) {
    return;
  }
  waiting_since_ = kNever;
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
  stream_.close();
  LeaveSlowPlace();
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->host_.Forget(self); });
}

void BeastConnection::LeaveSlowPlace() {
  if (const auto place = std::exchange(slow_place_, std::nullopt)) {
    host_.LeaveSlowPlace(*place);
  }
}

// Between requests a client may be silent for long; before the first, and once one has begun, it may not.
void BeastConnection::ReadNext() {
  AwaitClient();
  if (buffer_.size() > 0) {
    ReadRequest();
    return;
  }
  idle_ = true;
  stream_.expires_after(served_ ? host_.options().idle_timeout : host_.options().header_timeout);
  stream_.async_read_some(buffer_.prepare(kReadStep), [self = shared_from_this()](error_code ec, size_t bytes) {
    if (ec) {
      self->Close();
      return;
    }
    self->buffer_.commit(bytes);
    self->ReadRequest();
  });
}

void BeastConnection::ReadRequest() {
  idle_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(host_.options().max_header_bytes));
  parser_->body_limit(0);
  stream_.expires_after(host_.options().header_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code ec, size_t /*bytes*/) { self->OnRequest(ec); });
}

void BeastConnection::OnRequest(error_code ec) {
  if (ec) {
    RefuseRequest(ec);
    return;
  }
  const auto& request = parser_->get();
  version_ = request.version();
  head_ = request.method() == http::verb::head;
  if (!head_ && request.method() != http::verb::get) {
    Respond(Problem(http::status::method_not_allowed, "only GET and HEAD are allowed"), request.keep_alive());
    return;
  }
  const std::string_view target(request.target().data(), request.target().size());
  const size_t mark = std::min(target.find('?'), target.size());
  const std::string_view query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  Respond(host_.Answer({.path = target.substr(0, mark), .query = query}), request.keep_alive());
}

void BeastConnection::RefuseRequest(error_code ec) {
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

void BeastConnection::Respond(HttpResponse response, bool keep_alive) {
  waiting_since_ = kNever;
  served_ = true;
  keep_alive_ = keep_alive && !host_.draining();
  stream_.expires_after(host_.options().response_timeout);
  const auto accepted = parser_->get()[http::field::accept_encoding];
  gzip_taken_ = AcceptsGzip(std::string_view(accepted.data(), accepted.size()));
  // The header of a body in pieces is known without making one.
  if (response.later != nullptr || (response.pieces != nullptr && !head_)) {
    if (host_.TakeSlowPlace(response.lane)) {
      slow_place_ = response.lane;
    } else {
      response = Problem(http::status::service_unavailable, "too many requests of this kind at a time");
    }
  }
  if (response.later != nullptr) {
    RespondLater(response.later);
  } else {
    RespondNow(std::move(response));
  }
}

void BeastConnection::RespondNow(HttpResponse response) {
  if (response.pieces != nullptr) {
    RespondInPieces(std::move(response), gzip_taken_);
  } else {
    const bool worth_it = response.body.size() >= kGzipLeast;
    RespondWhole(std::move(response), gzip_taken_ && worth_it);
  }
}

void BeastConnection::RespondLater(const std::function<HttpResponse()>& make) {
  host_.RunSlow(*slow_place_, [self = shared_from_this(), make] {
    HttpResponse made;
    try {
      made = make();
    } catch (...) {
      self->host_.CountException();
      made = Problem(http::status::internal_server_error, "internal error");
    }
    asio::post(self->stream_.get_executor(), [self, made = std::move(made)]() mutable {
      if (!self->closed_) {
        self->RespondNow(std::move(made));
      }
    });
  });
}

template <typename Body>
void BeastConnection::SetFields(http::response<Body>& response, const HttpResponse& from, bool gzip) const {
  response.version(version_);
  response.result(static_cast<unsigned>(from.status));
  response.set(http::field::content_type, from.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set(http::field::vary, "Accept-Encoding");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : from.fields) {
    response.set(name, value);
  }
  if (gzip) {
    response.set(http::field::content_encoding, "gzip");
  }
  if (from.status == static_cast<int>(http::status::method_not_allowed)) {
    response.set(http::field::allow, "GET, HEAD");
  }
  response.keep_alive(keep_alive_);
}

void BeastConnection::RespondWhole(HttpResponse response, bool gzip) {
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
  AwaitClient();
  http::async_write(stream_, *whole_,
                    [self = shared_from_this()](error_code ec, size_t /*bytes*/) { self->FinishResponse(ec); });
}

// The length is not known before the end: chunked, or for HTTP/1.0 up to the end of the connection.
void BeastConnection::RespondInPieces(HttpResponse response, bool gzip) {
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
  AwaitClient();
  http::async_write_header(stream_, *serializer_, [self = shared_from_this()](error_code ec, size_t /*bytes*/) {
    if (ec || self->head_) {
      self->FinishResponse(ec);
    } else {
      self->MakePiece();
    }
  });
}

void BeastConnection::MakePiece() {
  waiting_since_ = kNever;
  const HttpLane lane = slow_place_.value_or(HttpLane::kScrape);
  host_.RunSlow(lane, [self = shared_from_this()] {
    try {
      self->FillPiece();
    } catch (...) {
      self->broken_ = true;
      self->host_.CountException();
    }
    asio::post(self->stream_.get_executor(), [self] { self->WritePiece(); });
  });
}

void BeastConnection::FillPiece() {
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

void BeastConnection::WritePiece() {
  if (closed_) {
    return;
  }
  AwaitClient();
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

void BeastConnection::OnPieceWritten(error_code ec) {
  if (ec) {
    Close();
  } else if (more_) {
    MakePiece();
  } else {
    FinishPieces();
  }
}

void BeastConnection::FinishPieces() {
  if (version_ < 11) {
    FinishResponse({});
    return;
  }
  asio::async_write(stream_, http::make_chunk_last(),
                    [self = shared_from_this()](error_code ec, size_t /*bytes*/) { self->FinishResponse(ec); });
}

void BeastConnection::FinishResponse(error_code ec) {
  source_ = nullptr;
  gzip_.reset();
  LeaveSlowPlace();
  if (ec) {
    Close();
  } else if (keep_alive_ && !host_.draining()) {
    ReadNext();
  } else {
    stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
    stream_.expires_after(kLinger);
    Linger();
  }
}

// Closing while bytes of a refused request are unread would reset the connection and may take the answer with it.
void BeastConnection::Linger() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadStep), [self = shared_from_this()](error_code ec, size_t /*bytes*/) {
    if (ec) {
      self->Close();
    } else {
      self->Linger();
    }
  });
}

}  // namespace

std::shared_ptr<HttpConnection> MakeHttpConnection(HttpHost& host, tcp::socket socket) {
  return std::make_shared<BeastConnection>(host, std::move(socket));
}

}  // namespace holter::observe
