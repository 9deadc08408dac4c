// TLS straight over a socket, as a stream of Asio's kind. Keeps no buffer of its own: Asio's ssl::stream would keep 68
// KiB a connection (ADR 8).
//
// An operation tries at once and, when OpenSSL cannot go on, waits until the socket is ready for what OpenSSL asked
// for: a write may wait for the peer to speak (renegotiation), a read until there is room (the answer to a KeyUpdate).
// Each waits on its own, and readiness wakes all that wait for it. At most one read and one write at a time; handshake
// and shutdown alone.
//
// On the loop's thread. Handlers are never called from within a call; when the socket is closed, pending operations end
// with operation_aborted. Handlers keep the stream alive.
#pragma once

#include <array>
#include <boost/asio/append.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "transport/tcp_socket.h"
#include "transport/tls_engine.h"

namespace holter::transport {

class TlsSocket;

// What is tried until it is done, and the handler of its end.
template <typename Attempt, typename Handler>
class TlsOperation {
 public:
  TlsOperation(TlsSocket& stream, Attempt attempt, Handler handler)
      : stream_(&stream), attempt_(std::move(attempt)), handler_(std::move(handler)) {}

  // From the initiating call.
  void Start();
  // Waits first.
  void Await(TlsStep::Wait wait);
  // Input that OpenSSL holds already makes no socket ready.
  void Post();

  // The socket is ready, or closed.
  void operator()(boost::system::error_code error);
  // As posted.
  void operator()();

  const Handler& handler() const { return handler_; }

 private:
  static constexpr bool kHasSize = std::is_invocable_v<Handler&, boost::system::error_code, size_t>;

  TlsSocket* stream_;
  Attempt attempt_;
  Handler handler_;
};

class TlsSocket {
 public:
  using next_layer_type = TcpSocket;
  using executor_type = TcpSocket::executor_type;

  // A client's. Takes its own reference of `context`.
  TlsSocket(TcpSocket socket, SSL_CTX* context) : socket_(std::move(socket)), engine_(socket_, context) {}

  executor_type get_executor() { return socket_.get_executor(); }
  TcpSocket& next_layer() { return socket_; }
  const TcpSocket& next_layer() const { return socket_; }
  SSL* native_handle() const { return engine_.native(); }

  // Handler: void(error_code).
  template <typename Handler>
  void async_handshake(Handler&& handler) {
    Operation([](TlsEngine& engine) { return engine.Handshake(); }, std::forward<Handler>(handler)).Start();
  }
  // Sends our close_notify and waits for the peer's, or the end of the connection. Handler: void(error_code).
  template <typename Handler>
  void async_shutdown(Handler&& handler) {
    Operation([](TlsEngine& engine) { return engine.Shutdown(); }, std::forward<Handler>(handler)).Start();
  }
  // Reads into the first segment. Handler: void(error_code, size_t).
  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler);
  // Handler: void(error_code, size_t).
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler);

  // A read has been begun that OpenSSL may end without the socket.
  bool read_posted() const { return read_posted_; }

 private:
  template <typename Attempt, typename Handler>
  friend class TlsOperation;

  template <typename Attempt, typename Handler>
  auto Operation(Attempt attempt, Handler&& handler) {
    return TlsOperation<Attempt, std::decay_t<Handler>>(*this, std::move(attempt), std::forward<Handler>(handler));
  }
  // Several segments go out as one record.
  template <typename Buffers>
  static TlsStep WriteGathered(TlsEngine& engine, const Buffers& buffers);

  TcpSocket socket_;
  TlsEngine engine_;
  bool read_posted_ = false;
};

template <typename Attempt, typename Handler>
void TlsOperation<Attempt, Handler>::Start() {
  const TlsStep step = attempt_(stream_->engine_);
  if (step.wait != TlsStep::Wait::kNone) {
    return Await(step.wait);
  }
  const auto executor = stream_->get_executor();
  if constexpr (kHasSize) {
    boost::asio::post(executor, boost::asio::append(std::move(handler_), step.error, step.size));
  } else {
    boost::asio::post(executor, boost::asio::append(std::move(handler_), step.error));
  }
}

template <typename Attempt, typename Handler>
void TlsOperation<Attempt, Handler>::Await(TlsStep::Wait wait) {
  TcpSocket& socket = stream_->socket_;
  socket.async_wait(wait == TlsStep::Wait::kReadable ? TcpSocket::wait_read : TcpSocket::wait_write, std::move(*this));
}

template <typename Attempt, typename Handler>
void TlsOperation<Attempt, Handler>::Post() {
  const auto executor = stream_->get_executor();
  stream_->read_posted_ = true;
  boost::asio::post(executor, std::move(*this));
}

template <typename Attempt, typename Handler>
void TlsOperation<Attempt, Handler>::operator()() {
  stream_->read_posted_ = false;
  (*this)(boost::system::error_code());
}

template <typename Attempt, typename Handler>
void TlsOperation<Attempt, Handler>::operator()(boost::system::error_code error) {
  TlsStep step{.wait = TlsStep::Wait::kNone, .error = error, .size = 0};
  if (!stream_->socket_.is_open()) {
    // Its number may be another's by now.
    step.error = boost::asio::error::operation_aborted;
  } else if (!error) {
    step = attempt_(stream_->engine_);
  }
  if (step.wait != TlsStep::Wait::kNone) {
    return Await(step.wait);
  }
  if constexpr (kHasSize) {
    handler_(step.error, step.size);
  } else {
    handler_(step.error);
  }
}

template <typename Buffers, typename Handler>
void TlsSocket::async_read_some(const Buffers& buffers, Handler&& handler) {
  boost::asio::mutable_buffer target;
  const auto end = boost::asio::buffer_sequence_end(buffers);
  for (auto it = boost::asio::buffer_sequence_begin(buffers); target.size() == 0 && it != end; ++it) {
    target = *it;
  }
  auto operation =
      Operation([target](TlsEngine& engine) { return engine.Read(target); }, std::forward<Handler>(handler));
  if (target.size() == 0 || engine_.HoldsInput()) {
    operation.Post();
  } else {
    // To try first would cost a recv, and OpenSSL a buffer, to learn that a quiet peer is quiet.
    operation.Await(TlsStep::Wait::kReadable);
  }
}

template <typename Buffers, typename Handler>
void TlsSocket::async_write_some(const Buffers& buffers, Handler&& handler) {
  Operation([buffers](TlsEngine& engine) { return WriteGathered(engine, buffers); }, std::forward<Handler>(handler))
      .Start();
}

template <typename Buffers>
TlsStep TlsSocket::WriteGathered(TlsEngine& engine, const Buffers& buffers) {
  const size_t size = boost::asio::buffer_size(buffers);
  const auto end = boost::asio::buffer_sequence_end(buffers);
  for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end; ++it) {
    const boost::asio::const_buffer segment = *it;
    if (segment.size() == size || segment.size() >= TlsEngine::kLargestRecord) {
      return engine.Write(segment);
    }
    if (segment.size() > 0) {
      break;
    }
  }
  std::array<char, TlsEngine::kLargestRecord> storage;
  const size_t gathered = boost::asio::buffer_copy(boost::asio::buffer(storage), buffers);
  return engine.Write(boost::asio::const_buffer(storage.data(), gathered));
}

}  // namespace holter::transport

// The handler's executor, allocator and cancellation slot are the operation's.
template <template <typename, typename> class Associator, typename Attempt, typename Handler, typename Default>
struct boost::asio::associator<Associator, holter::transport::TlsOperation<Attempt, Handler>, Default>
    : Associator<Handler, Default> {
  static auto get(const holter::transport::TlsOperation<Attempt, Handler>& operation) noexcept {
    return Associator<Handler, Default>::get(operation.handler());
  }
  static auto get(const holter::transport::TlsOperation<Attempt, Handler>& operation,
                  const Default& fallback) noexcept {
    return Associator<Handler, Default>::get(operation.handler(), fallback);
  }
};
