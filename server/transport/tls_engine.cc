#include "transport/tls_engine.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <limits>
#include <new>

namespace holter::transport {

namespace {

namespace error = boost::asio::error;
using boost::system::error_code;

int IntSize(size_t size) { return static_cast<int>(std::min<size_t>(size, std::numeric_limits<int>::max())); }

bool IsNotReady(int code) { return code == EAGAIN || code == EWOULDBLOCK; }

error_code OpenSslError(unsigned long code) { return {static_cast<int>(code), error::get_ssl_category()}; }

}  // namespace

struct TlsEngine::SocketBio {
  static const BIO_METHOD* Method() {
    static BIO_METHOD* const kMethod = [] {
      BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket of a loop");
      BIO_meth_set_read(made, &Receive);
      BIO_meth_set_write(made, &Send);
      BIO_meth_set_ctrl(made, &Control);
      return made;
    }();
    return kMethod;
  }

  static TlsEngine& Engine(BIO* bio) { return *static_cast<TlsEngine*>(BIO_get_data(bio)); }

  static int Receive(BIO* bio, char* data, int size) {
    TlsEngine& engine = Engine(bio);
    BIO_clear_retry_flags(bio);
    ssize_t received = 0;
    do {
      received = recv(engine.socket_.native_handle(), data, static_cast<size_t>(size), MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    if (received == 0) {
      engine.ended_ = true;
    } else if (received < 0 && IsNotReady(errno)) {
      BIO_set_retry_read(bio);
    } else if (received < 0) {
      engine.receive_errno_ = errno;
    }
    return static_cast<int>(received);
  }

  // A failure is kept from OpenSSL, which would end the session for it: the peer may have said before why it went.
  static int Send(BIO* bio, const char* data, int size) {
    TlsEngine& engine = Engine(bio);
    BIO_clear_retry_flags(bio);
    if (engine.send_errno_ != 0) {
      return size;
    }
    ssize_t sent = 0;
    do {
      sent = send(engine.socket_.native_handle(), data, static_cast<size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && IsNotReady(errno)) {
      BIO_set_retry_write(bio);
    } else if (sent < 0) {
      engine.send_errno_ = errno;
      return size;
    }
    return static_cast<int>(sent);
  }

  // There is nothing to flush; all else is optional.
  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
};

void TlsEngine::FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsEngine::TlsEngine(TcpSocket& socket, SSL_CTX* context) : socket_(socket), ssl_(SSL_new(context)) {
  BIO* const bio = ssl_ != nullptr ? BIO_new(SocketBio::Method()) : nullptr;
  if (bio == nullptr) {
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_connect_state(ssl_.get());
  // A write goes on with the same bytes, but Beast may have moved them.
  SSL_set_mode(ssl_.get(),
               SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_max_send_fragment(ssl_.get(), kLargestRecord);
  // One recv for all that has arrived, rather than two a record.
  SSL_set_read_ahead(ssl_.get(), 1);
}

template <typename Call>
TlsStep TlsEngine::Attempt(const Call& call) {
  // Errors of other sessions of this thread would be taken for this one's.
  ERR_clear_error();
  const int result = call(ssl_.get());
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return {.wait = TlsStep::Wait::kNone, .error = {}, .size = static_cast<size_t>(result)};
    case SSL_ERROR_WANT_READ:
      return {.wait = TlsStep::Wait::kReadable, .error = {}, .size = 0};
    case SSL_ERROR_WANT_WRITE:
      return {.wait = TlsStep::Wait::kWritable, .error = {}, .size = 0};
    case SSL_ERROR_ZERO_RETURN:
      return {.wait = TlsStep::Wait::kNone, .error = error::eof, .size = 0};
    case SSL_ERROR_SSL:
      return {.wait = TlsStep::Wait::kNone, .error = OpenSslError(ERR_get_error()), .size = 0};
    case SSL_ERROR_SYSCALL:
      return {.wait = TlsStep::Wait::kNone, .error = EndOfInput(), .size = 0};
    default:
      return {.wait = TlsStep::Wait::kNone, .error = boost::asio::ssl::error::unexpected_result, .size = 0};
  }
}

error_code TlsEngine::EndOfInput() const {
  if (receive_errno_ != 0) {
    return {receive_errno_, error::get_system_category()};
  }
  if (ended_) {
    const bool told = (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    return told ? error_code(error::eof) : error_code(boost::asio::ssl::error::stream_truncated);
  }
  const unsigned long code = ERR_get_error();
  return code != 0 ? OpenSslError(code) : error_code(boost::asio::ssl::error::unspecified_system_error);
}

template <typename Call>
TlsStep TlsEngine::AttemptToSend(const Call& call) {
  TlsStep step = send_errno_ == 0 ? Attempt(call) : TlsStep();
  if (!step.error && send_errno_ != 0) {
    step = {.wait = TlsStep::Wait::kNone, .error = {send_errno_, error::get_system_category()}, .size = 0};
  }
  return step;
}

TlsStep TlsEngine::Handshake() { return AttemptToSend(SSL_do_handshake); }

TlsStep TlsEngine::Read(boost::asio::mutable_buffer target) {
  if (target.size() == 0) {
    return {};
  }
  return Attempt([target](SSL* ssl) { return SSL_read(ssl, target.data(), IntSize(target.size())); });
}

TlsStep TlsEngine::Write(boost::asio::const_buffer source) {
  if (source.size() == 0) {
    return {};
  }
  return AttemptToSend([source](SSL* ssl) { return SSL_write(ssl, source.data(), IntSize(source.size())); });
}

TlsStep TlsEngine::Shutdown() {
  return AttemptToSend([](SSL* ssl) {
    const int result = SSL_shutdown(ssl);
    return result == 0 ? SSL_shutdown(ssl) : result;
  });
}

bool TlsEngine::HoldsInput() const { return SSL_has_pending(ssl_.get()) == 1; }

}  // namespace holter::transport
