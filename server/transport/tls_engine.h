// OpenSSL on a socket that never blocks: receives and sends by itself, through a BIO that calls recv and send, so that
// nothing is buffered but within OpenSSL, which gives its buffers back when they are empty.
#pragma once

#include <openssl/types.h>

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "transport/tcp_socket.h"

namespace holter::transport {

// What one attempt came to: done, failed, or to be repeated with the same bytes once the socket is ready.
struct TlsStep {
  enum class Wait : uint8_t { kNone, kReadable, kWritable };

  Wait wait = Wait::kNone;
  boost::system::error_code error;
  size_t size = 0;
};

// The client's side of one TLS session. On its loop's thread. After an error that operation is not to be tried again,
// but what has arrived can still be read when a write has failed. Errors: eof after the peer's close_notify,
// stream_truncated when the connection ended without, those of the socket and of OpenSSL.
class TlsEngine {
 public:
  // Of what is written. OpenSSL's buffer is as large, and Beast's frames and their heads are not larger.
  static constexpr size_t kLargestRecord = 4096 + 64;

  // `socket` outlives the engine, which keeps `context` alive.
  TlsEngine(TcpSocket& socket, SSL_CTX* context);
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  TlsStep Handshake();
  // At most one record.
  TlsStep Read(boost::asio::mutable_buffer target);
  // At most one record.
  TlsStep Write(boost::asio::const_buffer source);
  // Sends our close_notify, then waits for the peer's.
  TlsStep Shutdown();

  // Holds bytes that Read has not given out, perhaps too few to be a record.
  bool HoldsInput() const;
  SSL* native() const { return ssl_.get(); }

 private:
  // The functions that OpenSSL calls.
  struct SocketBio;
  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };

  template <typename Call>
  TlsStep Attempt(const Call& call);
  // One that is over when the socket takes no more.
  template <typename Call>
  TlsStep AttemptToSend(const Call& call);
  boost::system::error_code EndOfInput() const;

  TcpSocket& socket_;
  const std::unique_ptr<SSL, FreeSsl> ssl_;
  // What the socket said, for good; 0 while it has not.
  int receive_errno_ = 0;
  int send_errno_ = 0;
  bool ended_ = false;
};

}  // namespace holter::transport
