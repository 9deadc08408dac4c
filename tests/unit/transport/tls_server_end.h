// The server's end of a TLS connection, moved by the test step by step: what it says and what goes out on the wire are
// two things, so that a test can cut, delay and mix records.
#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/test_certificates.h"

namespace holter::transport {

// Never blocks; on the test's thread.
class TlsServerEnd {
 public:
  // `version`: the only one it speaks.
  TlsServerEnd(boost::asio::ip::tcp::socket socket, const testing::TestIdentity& identity, int version)
      : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_server_method())) {
    socket_.set_option(boost::asio::ip::tcp::no_delay(true));
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
    Use(identity);
    ssl_ = SSL_new(context_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_);
    SSL_set_msg_callback(ssl_, &TlsServerEnd::Count);
    SSL_set_msg_callback_arg(ssl_, this);
  }
  ~TlsServerEnd() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsServerEnd(const TlsServerEnd&) = delete;
  TlsServerEnd& operator=(const TlsServerEnd&) = delete;

  // One step; true when no handshake is under way.
  bool Handshake() {
    Receive();
    ERR_clear_error();
    SSL_do_handshake(ssl_);
    Flush();
    return SSL_is_init_finished(ssl_) == 1;
  }

  // Only says it; Flush or TakeOutput puts it on the wire.
  void Say(std::string_view text) {
    while (!text.empty()) {
      const int written = SSL_write(ssl_, text.data(), static_cast<int>(std::min<size_t>(text.size(), 16384)));
      ASSERT_GT(written, 0);
      text.remove_prefix(static_cast<size_t>(written));
    }
  }
  void SayCloseNotify() { SSL_shutdown(ssl_); }
  // Changes our key and asks the client to change its own (TLS 1.3).
  void SayKeyUpdate() {
    ASSERT_EQ(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(ssl_), 1);
  }
  // Asks for a new handshake (TLS 1.2).
  void SayHelloRequest() {
    ASSERT_EQ(SSL_renegotiate(ssl_), 1);
    ASSERT_EQ(SSL_do_handshake(ssl_), 1);
  }

  // What was said and is not on the wire yet.
  std::string TakeOutput() {
    char buffer[16384];
    for (int size = 0; (size = BIO_read(SSL_get_wbio(ssl_), buffer, sizeof buffer)) > 0;) {
      output_.append(buffer, static_cast<size_t>(size));
    }
    return std::exchange(output_, {});
  }
  // As much as the kernel takes; true when nothing is left.
  bool Flush() {
    output_ = TakeOutput();
    const ssize_t sent = Wire(output_);
    output_.erase(0, static_cast<size_t>(std::max<ssize_t>(sent, 0)));
    return output_.empty();
  }
  ssize_t Wire(std::string_view bytes) {
    return send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  // Reads what has arrived; gives all application data so far.
  const std::string& Hear() {
    Receive();
    ERR_clear_error();
    char buffer[16384];
    for (int size = 0; (size = SSL_read(ssl_, buffer, sizeof buffer)) > 0;) {
      heard_.append(buffer, static_cast<size_t>(size));
    }
    return heard_;
  }

  boost::asio::ip::tcp::socket& socket() { return socket_; }
  bool heard_close_notify() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  int heard_records() const { return heard_records_; }
  int heard_key_updates() const { return heard_key_updates_; }

 private:
  void Use(const testing::TestIdentity& identity) {
    BIO* bio = BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size()));
    X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    EXPECT_EQ(SSL_CTX_use_certificate(context_, certificate), 1);
    X509_free(certificate);
    BIO_free(bio);
    bio = BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_, key), 1);
    EVP_PKEY_free(key);
    BIO_free(bio);
  }

  void Receive() {
    char buffer[16384];
    ssize_t size = 0;
    while ((size = recv(socket_.native_handle(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
      BIO_write(SSL_get_rbio(ssl_), buffer, static_cast<int>(size));
    }
  }

  static void Count(int is_write, int, int type, const void* data, size_t size, SSL*, void* self) {
    auto& end = *static_cast<TlsServerEnd*>(self);
    const auto* const bytes = static_cast<const unsigned char*>(data);
    if (is_write == 0 && type == SSL3_RT_HEADER && size > 0 && bytes[0] == SSL3_RT_APPLICATION_DATA) {
      ++end.heard_records_;
    } else if (is_write == 0 && type == SSL3_RT_HANDSHAKE && size > 0 && bytes[0] == SSL3_MT_KEY_UPDATE) {
      ++end.heard_key_updates_;
    }
  }

  boost::asio::ip::tcp::socket socket_;
  SSL_CTX* const context_;
  SSL* ssl_ = nullptr;
  std::string output_;
  std::string heard_;
  int heard_records_ = 0;
  int heard_key_updates_ = 0;
};

}  // namespace holter::transport
