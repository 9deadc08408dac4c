// The WebSocket of a connection, by Beast. Included by plain_stream.cc and tls_stream.cc only: it costs half a minute a
// file.
//
// Beast allows one read, one write, one ping and one close at a time; the queues here keep to that. Control frames,
// pings' answers too, are handled by Beast within the read, so a read is always pending while the connection is open.
#pragma once

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/connection.h"
#include "transport/message_buffer.h"
#include "transport/metered_stream.h"
#include "transport/read_error.h"
#include "transport/read_op_slot.h"
#include "transport/retry_after.h"
#include "transport/tcp_link.h"
#include "transport/upgrade_response.h"
#include "transport/ws_stream.h"

namespace holter::transport {

// `Next` is the socket or a TLS stream over it.
template <typename Next>
class BeastWsStream : public WsStream, private StreamTap {
 public:
  template <typename... Args>
  BeastWsStream(Connection& connection, OpenFile file, Args&&... args)
      : connection_(connection),
        file_(std::move(file)),
        ws_(static_cast<StreamTap*>(this), std::forward<Args>(args)...) {}

  void StartUpgrade(const UpgradeRequest& request) override;
  void StartReading() override;
  void Ping(std::string payload) override;
  void Send(core::FrameKind kind, std::string payload) override;
  void StartClose(uint16_t code, std::string_view reason) override;
  void Abort(bool reset) override;
  bool InputPending() override;
  core::LinkState Link() override { return ReadLink(socket().native_handle(), meter().writing()); }
  size_t TakeBytesWritten() override { return meter().TakeBytesWritten(); }

 protected:
  using Alive = boost::intrusive_ptr<Connection>;

  Connection& connection() { return connection_; }
  Next& next() { return ws_.next_layer().next_layer(); }
  const Next& next() const { return ws_.next_layer().next_layer(); }
  TcpSocket& socket() { return boost::beast::get_lowest_layer(ws_); }
  MessageBuffer& message() { return message_; }

 private:
  using ErrorCode = boost::system::error_code;

  // A ping, or a pong that nobody asked for.
  struct Control {
    bool is_pong = false;
    std::string payload;
  };

  // Frames that wait for the one that is being written. Exists only meanwhile.
  struct Outbox {
    struct Frame {
      core::FrameKind kind;
      std::string payload;
    };
    Frame writing;
    std::vector<Frame> frames;
    std::vector<Control> controls;
    size_t bytes = 0;
  };
  static constexpr size_t kMostQueuedFrames = 1024;
  static constexpr size_t kMostQueuedBytes = size_t{4} << 20;
  // What a peer may send behind a long response head and Beast still takes it.
  static constexpr size_t kUpgradeReadSize = 512;
  static constexpr size_t kLeastWriteBuffer = 64;
  static constexpr size_t kMostWriteBuffer = 4096;

  MeteredStream<Next>& meter() { return ws_.next_layer(); }

  void OnBytesRead(const char* data, size_t size) override;
  void OnUpgradeBytes(std::string_view bytes);
  void OnHandshake(const ErrorCode& error);
  void OnControl(boost::beast::websocket::frame_type kind, std::string_view payload);
  void ReadSome();
  void OnRead(const ErrorCode& error, size_t size);
  void SendControl(Control control);
  void StartControl(const Control& control);
  void OnControlSent();
  void StartWrite();
  void OnWritten();
  Outbox& Queue(size_t bytes);
  void DropIdleOutbox();

  Connection& connection_;
  OpenFile file_;
  bool read_armed_ = false;
  bool pinging_ = false;
  bool writing_ = false;
  bool closing_ = false;
  bool saw_bad_gateway_ = false;
  // While the upgrade runs, and until what came with it has been reported.
  struct Upgrade {
    UpgradeResponse response;
    std::vector<std::string> offered;  // subprotocols
    size_t surplus = 0;                // bytes of frames behind the head
  };
  std::unique_ptr<Upgrade> upgrade_;
  std::unique_ptr<Outbox> outbox_;
  boost::beast::websocket::stream<MeteredStream<Next>, false> ws_;
  ReadOpSlot read_op_;
  MessageBuffer message_;
};

template <typename Next>
void BeastWsStream<Next>::StartUpgrade(const UpgradeRequest& request) {
  namespace websocket = boost::beast::websocket;
  upgrade_ = std::make_unique<Upgrade>();
  upgrade_->offered = request.subprotocols;
  meter().set_largest_read(kUpgradeReadSize);
  // Zero would mean no limit, and then Beast takes a 64-bit length with the top bit set.
  ws_.read_message_max(std::max<size_t>(request.max_message_bytes, 1));
  ws_.write_buffer_bytes(kLeastWriteBuffer);
  ws_.control_callback([this](websocket::frame_type kind, boost::beast::string_view payload) {
    OnControl(kind, std::string_view(payload.data(), payload.size()));
  });
  ws_.set_option(
      websocket::stream_base::decorator([&request](websocket::request_type& http) { DecorateUpgrade(request, http); }));
  ws_.async_handshake(request.host, request.target,
                      [alive = Alive(&connection_), this](const ErrorCode& error) { OnHandshake(error); });
  // The request refers to what lives as long as the attempt.
  ws_.set_option(websocket::stream_base::decorator([](websocket::request_type&) {}));
}

template <typename Next>
void BeastWsStream<Next>::OnBytesRead(const char* data, size_t size) {
  if (upgrade_ != nullptr) {
    OnUpgradeBytes(std::string_view(data, size));
    return;
  }
  // Beast refuses close code 1014 (bad gateway) and keeps it to itself.
  saw_bad_gateway_ = HoldsBadGatewayClose(std::string_view(data, size));
  connection_.OnInbound(size);
}

template <typename Next>
void BeastWsStream<Next>::OnUpgradeBytes(std::string_view bytes) {
  UpgradeResponse& response = upgrade_->response;
  if (response.done() || response.failed()) {
    upgrade_->surplus += bytes.size();
    return;
  }
  response.Feed(bytes);
  if (response.failed()) {
    connection_.OnUpgradeDone(UpgradeInvalid("the head of the answer is too large or not HTTP"), "");
  } else if (response.done() && response.status() != 101) {
    core::DialFailure failure{.reason = core::Reason::kUpgradeStatus,
                              .detail = fmt::format("HTTP status {}", response.status()),
                              .http_status = response.status(),
                              .retry_after = {}};
    if (const auto value = response.Header("Retry-After")) {
      failure.retry_after = ParseRetryAfter(*value, connection_.context().options.clock->WallNow());
    }
    connection_.OnUpgradeDone(std::move(failure), "");
  } else if (response.done()) {
    upgrade_->surplus = response.surplus().size();
    saw_bad_gateway_ = HoldsBadGatewayClose(response.surplus());
  }
}

template <typename Next>
void BeastWsStream<Next>::OnHandshake(const ErrorCode& error) {
  if (error) {
    connection_.OnUpgradeDone(DescribeUpgradeError(error), "");
    return;
  }
  meter().set_largest_read(std::numeric_limits<size_t>::max());
  meter().HideWriteErrors();
  meter().TakeBytesWritten();
  const std::string subprotocol(upgrade_->response.Header("Sec-WebSocket-Protocol").value_or(""));
  connection_.OnUpgradeDone(JudgeUpgrade(upgrade_->response, upgrade_->offered), subprotocol);
}

template <typename Next>
void BeastWsStream<Next>::OnControl(boost::beast::websocket::frame_type kind, std::string_view payload) {
  switch (kind) {
    case boost::beast::websocket::frame_type::ping:
      return connection_.OnPing(payload);
    case boost::beast::websocket::frame_type::pong:
      return connection_.OnPong(payload);
    case boost::beast::websocket::frame_type::close:
      constexpr uint16_t no_status = 1005;
      const uint16_t code = ws_.reason().code;
      return connection_.OnCloseFrame(code == 0 ? no_status : code, payload);
  }
}

template <typename Next>
void BeastWsStream<Next>::StartReading() {
  if (const auto upgrade = std::move(upgrade_); upgrade->surplus > 0) {
    connection_.OnInbound(upgrade->surplus);
  }
  if (connection_.listening() && !closing_) {
    ReadSome();
  }
}

template <typename Next>
void BeastWsStream<Next>::ReadSome() {
  const std::span<char> tail = message_.Tail();
  read_armed_ = true;
  ws_.async_read_some(boost::asio::mutable_buffer(tail.data(), tail.size()),
                      boost::asio::bind_allocator(ReadOpAllocator<void>(&read_op_),
                                                  [alive = Alive(&connection_), this](
                                                      const ErrorCode& error, size_t size) { OnRead(error, size); }));
}

template <typename Next>
void BeastWsStream<Next>::OnRead(const ErrorCode& error, size_t size) {
  read_armed_ = false;
  if (error) {
    message_.Clear();
    const ReadEnd end = DescribeReadError(error, saw_bad_gateway_);
    connection_.OnReadEnded(end.info, end.handshaken);
    return;
  }
  message_.Commit(size);
  if (ws_.is_message_done()) {
    connection_.OnMessage(ws_.got_text() ? core::FrameKind::kText : core::FrameKind::kBinary, message_.View());
    message_.Clear();
  } else {
    message_.MakeRoom(ws_.read_size_hint(MessageBuffer::kInlineSize));
  }
  if (connection_.listening() && !closing_) {
    ReadSome();
  }
}

template <typename Next>
typename BeastWsStream<Next>::Outbox& BeastWsStream<Next>::Queue(size_t bytes) {
  if (outbox_ == nullptr) {
    outbox_ = std::make_unique<Outbox>();
  }
  outbox_->bytes += bytes;
  if (outbox_->bytes > kMostQueuedBytes || outbox_->frames.size() + outbox_->controls.size() >= kMostQueuedFrames) {
    boost::asio::post(socket().get_executor(), [alive = Alive(&connection_)] { alive->OnOverflow(); });
  }
  return *outbox_;
}

template <typename Next>
void BeastWsStream<Next>::DropIdleOutbox() {
  if (outbox_ != nullptr && !writing_ && outbox_->frames.empty() && outbox_->controls.empty()) {
    outbox_.reset();
  }
}

template <typename Next>
void BeastWsStream<Next>::Ping(std::string payload) {
  SendControl({.is_pong = false, .payload = std::move(payload)});
}

template <typename Next>
void BeastWsStream<Next>::SendControl(Control control) {
  if (pinging_) {
    Queue(control.payload.size()).controls.push_back(std::move(control));
  } else {
    StartControl(control);
  }
}

template <typename Next>
void BeastWsStream<Next>::StartControl(const Control& control) {
  pinging_ = true;
  const boost::beast::websocket::ping_data data(control.payload.data(), std::min<size_t>(control.payload.size(), 125));
  auto on_sent = [alive = Alive(&connection_), this](const ErrorCode&) { OnControlSent(); };
  if (control.is_pong) {
    ws_.async_pong(data, std::move(on_sent));
  } else {
    ws_.async_ping(data, std::move(on_sent));
  }
}

// A failed write is heard of from the read.
template <typename Next>
void BeastWsStream<Next>::OnControlSent() {
  pinging_ = false;
  if (closing_ || outbox_ == nullptr || !connection_.listening()) {
    return;
  }
  if (!outbox_->controls.empty()) {
    const Control control = std::move(outbox_->controls.front());
    outbox_->controls.erase(outbox_->controls.begin());
    outbox_->bytes -= control.payload.size();
    StartControl(control);
  }
  DropIdleOutbox();
}

template <typename Next>
void BeastWsStream<Next>::Send(core::FrameKind kind, std::string payload) {
  if (kind == core::FrameKind::kPong) {
    return SendControl({.is_pong = true, .payload = std::move(payload)});
  }
  Outbox& outbox = Queue(payload.size());
  outbox.frames.push_back({kind, std::move(payload)});
  if (!writing_) {
    StartWrite();
  }
}

template <typename Next>
void BeastWsStream<Next>::StartWrite() {
  writing_ = true;
  outbox_->writing = std::move(outbox_->frames.front());
  outbox_->frames.erase(outbox_->frames.begin());
  const std::string& payload = outbox_->writing.payload;
  outbox_->bytes -= payload.size();
  // One frame and one system call for what fits; longer messages in fragments, so that control frames come between.
  // Beast keeps the buffer, so a small message makes it small again.
  const size_t rounded = (payload.size() + kLeastWriteBuffer - 1) / kLeastWriteBuffer * kLeastWriteBuffer;
  ws_.write_buffer_bytes(std::clamp(rounded, kLeastWriteBuffer, kMostWriteBuffer));
  ws_.text(outbox_->writing.kind == core::FrameKind::kText);
  ws_.async_write(boost::asio::const_buffer(payload.data(), payload.size()),
                  [alive = Alive(&connection_), this](const ErrorCode&, size_t) { OnWritten(); });
}

template <typename Next>
void BeastWsStream<Next>::OnWritten() {
  writing_ = false;
  if (closing_ || !connection_.listening()) {
    return;
  }
  if (!outbox_->frames.empty()) {
    StartWrite();
  }
  DropIdleOutbox();
}

template <typename Next>
void BeastWsStream<Next>::StartClose(uint16_t code, std::string_view reason) {
  closing_ = true;
  boost::beast::websocket::close_reason frame(code);
  frame.reason.assign(reason.data(), std::min<size_t>(reason.size(), frame.reason.max_size()));
  ws_.async_close(frame,
                  [alive = Alive(&connection_), this](const ErrorCode& error) { connection_.OnCloseDone(!error); });
}

template <typename Next>
void BeastWsStream<Next>::Abort(bool reset) {
  ErrorCode ignored;
  if (reset) {
    socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
  }
  socket().close(ignored);
  file_.Reset();
}

template <typename Next>
bool BeastWsStream<Next>::InputPending() {
  const int handle = socket().native_handle();
  if (meter().reading()) {
    return HasUnreadBytes(handle);
  }
  // Beast's read is on its way back to us, unless it waits to write a pong that the kernel does not take.
  return read_armed_ && !(meter().writing() && IsWriteBlocked(handle));
}

}  // namespace holter::transport
