// The TLS stream alone, against a server that the test moves record by record.
#include "transport/tls_socket.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "tests/unit/transport/tls_server_end.h"

namespace holter::transport {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How an operation ended.
struct Ending {
  error_code error;
  size_t size = 0;
};

class TlsSocketTest : public ::testing::Test {
 protected:
  static constexpr Duration kPatience = std::chrono::seconds(10);

  TlsSocketTest() { context.add_certificate_authority(asio::buffer(authority.certificate())); }

  // Whatever a test left behind ends when the socket is closed.
  ~TlsSocketTest() override {
    if (client != nullptr) {
      Close();
    }
    io.restart();
    io.run_for(kPatience);
    EXPECT_TRUE(io.stopped()) << "work is left on the loop";
  }

  void Connect(int version = TLS1_3_VERSION) {
    Tcp::acceptor acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    TcpSocket socket(io);
    socket.connect(acceptor.local_endpoint());
    server = std::make_unique<TlsServerEnd>(acceptor.accept(), authority.Issue(), version);
    client = std::make_unique<TlsSocket>(std::move(socket), context.native_handle());
  }

  void Open(int version = TLS1_3_VERSION) {
    Connect(version);
    Handshake();
    ASSERT_TRUE(RunUntil([&] { return server->Handshake() && handshake.has_value(); }));
    ASSERT_FALSE(handshake->error) << handshake->error.message();
  }

  // Notes the end of an operation, which must not come from within the call that begins it.
  auto Note(std::optional<Ending>& ending) {
    ending.reset();
    return [this, &ending](error_code error, size_t size) {
      EXPECT_FALSE(in_call) << "called back from within the call";
      EXPECT_FALSE(ending.has_value()) << "called back twice";
      ending = Ending{error, size};
    };
  }
  void Handshake() {
    in_call = true;
    client->async_handshake([note = Note(handshake)](error_code error) { note(error, 0); });
    in_call = false;
  }
  void Shutdown() {
    in_call = true;
    client->async_shutdown([note = Note(shutdown)](error_code error) { note(error, 0); });
    in_call = false;
  }
  void Read() {
    in_call = true;
    client->async_read_some(asio::buffer(buffer), Note(read));
    in_call = false;
  }
  template <typename Buffers>
  void Write(const Buffers& buffers) {
    in_call = true;
    client->async_write_some(buffers, Note(write));
    in_call = false;
  }
  void Close() {
    error_code ignored;
    client->next_layer().close(ignored);
  }

  template <typename Done>
  bool RunUntil(const Done& done) {
    const TimePoint end = SystemClock().Now() + kPatience;
    while (!done()) {
      if (SystemClock().Now() >= end) {
        return false;
      }
      io.restart();
      io.run_one_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  // Runs all that is ready.
  void RunReady() {
    io.restart();
    io.poll();
  }

  // Reads what comes until `size` bytes or the end.
  std::string ReadAll(size_t size) {
    std::string got;
    while (got.size() < size) {
      Read();
      if (!RunUntil([&] { return server->Flush(), read.has_value(); }) || read->error) {
        break;
      }
      got.append(buffer.data(), read->size);
    }
    return got;
  }
  // Writes all of it while the server listens.
  void WriteAll(std::string_view text) {
    while (!text.empty()) {
      Write(asio::buffer(text));
      ASSERT_TRUE(RunUntil([&] { return server->Hear(), write.has_value(); }));
      ASSERT_FALSE(write->error) << write->error.message();
      text.remove_prefix(write->size);
    }
  }
  // Writes until the kernel takes no more; gives what was begun.
  std::string WriteUntilBlocked() {
    const std::array<asio::const_buffer, 2> segments{asio::buffer(piece.data(), 100),
                                                     asio::buffer(piece.data() + 100, piece.size() - 100)};
    std::string begun;
    do {
      Write(segments);
      begun += piece;
      RunReady();
    } while (write.has_value() && !write->error);
    EXPECT_FALSE(write.has_value());
    return begun;
  }
  static std::string Pattern(size_t size) {
    std::string pattern(size, '\0');
    for (size_t i = 0; i < size; ++i) {
      pattern[i] = static_cast<char>('a' + i * 31 % 23);
    }
    return pattern;
  }
  std::string_view GotText() const { return {buffer.data(), read->size}; }

  asio::io_context io{1};
  testing::TestAuthority authority;
  asio::ssl::context context{asio::ssl::context::tls_client};
  std::unique_ptr<TlsServerEnd> server;
  std::unique_ptr<TlsSocket> client;
  std::array<char, 1536> buffer{};
  const std::string piece = Pattern(TlsEngine::kLargestRecord);
  std::optional<Ending> handshake, shutdown, read, write;
  bool in_call = false;
};

TEST_F(TlsSocketTest, SpeaksBothWays) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Open(version);
    Read();
    Write(asio::buffer(std::string_view("from the client")));
    server->Say("from the server");
    server->Flush();
    ASSERT_TRUE(RunUntil([&] { return read && write && server->Hear() == "from the client"; }));
    EXPECT_EQ(GotText(), "from the server");
    EXPECT_EQ(write->size, 15U);
    Close();
  }
}

TEST_F(TlsSocketTest, HandshakeWithASilentPeerEndsWhenTheSocketIsClosed) {
  Connect();
  Handshake();
  RunReady();
  ASSERT_FALSE(handshake.has_value());
  Close();
  ASSERT_TRUE(RunUntil([&] { return handshake.has_value(); }));
  EXPECT_EQ(handshake->error, asio::error::operation_aborted);
}

TEST_F(TlsSocketTest, HandshakeIsTruncated) {
  Connect();
  Handshake();
  server->socket().shutdown(Tcp::socket::shutdown_send);
  ASSERT_TRUE(RunUntil([&] { return handshake.has_value(); }));
  EXPECT_EQ(handshake->error, asio::ssl::error::stream_truncated);
}

TEST_F(TlsSocketTest, HandshakeWithOneThatSpeaksNoTls) {
  Connect();
  Handshake();
  server->Wire("HTTP/1.1 400 Bad Request\r\n\r\n");
  ASSERT_TRUE(RunUntil([&] { return handshake.has_value(); }));
  EXPECT_EQ(handshake->error.category(), asio::error::get_ssl_category());
}

// OpenSSL tells errors apart by a queue that all sessions of a thread share.
TEST_F(TlsSocketTest, ErrorsOfOtherSessionsAreNotTakenForOurs) {
  Open();
  Read();
  RunReady();
  ERR_raise(ERR_LIB_USER, 1);
  server->TakeOutput();
  server->Say("x");
  const std::string record = server->TakeOutput();
  server->Wire(std::string_view(record).substr(0, 3));
  RunReady();
  ERR_raise(ERR_LIB_USER, 1);
  server->Wire(std::string_view(record).substr(3));
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_FALSE(read->error) << read->error.message();
  ERR_clear_error();
}

TEST_F(TlsSocketTest, ARecordInPieces) {
  Open();
  Read();
  server->Say("dripping");
  const std::string record = server->TakeOutput();
  for (const char& byte : record) {
    ASSERT_FALSE(read.has_value());
    ASSERT_EQ(server->Wire({&byte, 1}), 1);
    ASSERT_TRUE(RunUntil([&] { return client->next_layer().available() == 0; }));
    EXPECT_FALSE(client->read_posted());
  }
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(GotText(), "dripping");
}

// The second makes the socket ready no more: it is within OpenSSL when the first is read.
TEST_F(TlsSocketTest, TwoRecordsAtOnce) {
  Open();
  server->Say("one");
  server->Say("two");
  ASSERT_TRUE(server->Flush());
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(GotText(), "one");
  EXPECT_EQ(client->next_layer().available(), 0U);
  Read();
  EXPECT_TRUE(client->read_posted());
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_FALSE(client->read_posted());
  EXPECT_EQ(GotText(), "two");
}

// Half a record that OpenSSL holds is not input that anybody could read.
TEST_F(TlsSocketTest, HalfARecordBehindAWholeOne) {
  Open();
  server->Say("one");
  server->Say("two");
  const std::string records = server->TakeOutput();
  server->Wire(std::string_view(records).substr(0, records.size() - 1));
  for (const std::string_view expected : {"one", "two"}) {
    Read();
    RunReady();
    if (expected == "two") {
      EXPECT_FALSE(read.has_value());
      EXPECT_FALSE(client->read_posted());
      server->Wire(std::string_view(records).substr(records.size() - 1));
    }
    ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
    EXPECT_EQ(GotText(), expected);
  }
}

TEST_F(TlsSocketTest, ClosedWhileAReadIsPosted) {
  Open();
  server->Say("one");
  server->Say("two");
  server->Flush();
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  Read();
  Close();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(read->error, asio::error::operation_aborted);
}

TEST_F(TlsSocketTest, AnEmptyReadEndsAtOnce) {
  Open();
  in_call = true;
  client->async_read_some(asio::mutable_buffer(), Note(read));
  in_call = false;
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_FALSE(read->error);
  EXPECT_EQ(read->size, 0U);
}

TEST_F(TlsSocketTest, LargeMessagesBothWays) {
  Open();
  const std::string message = Pattern(1 << 20);
  server->Say(message);
  EXPECT_EQ(ReadAll(message.size()), message);
  WriteAll(message);
  ASSERT_TRUE(RunUntil([&] { return server->Hear().size() >= message.size(); }));
  EXPECT_EQ(server->Hear(), message);
}

TEST_F(TlsSocketTest, SegmentsGoOutAsOneRecord) {
  Open();
  const int before = server->heard_records();
  Write(std::array<asio::const_buffer, 4>{asio::buffer("head", 4), asio::const_buffer(), asio::buffer("body", 4),
                                          asio::const_buffer()});
  ASSERT_TRUE(RunUntil([&] { return write && server->Hear() == "headbody"; }));
  EXPECT_EQ(write->size, 8U);
  EXPECT_EQ(server->heard_records(), before + 1);
}

TEST_F(TlsSocketTest, MoreSegmentsThanARecordHolds) {
  Open();
  const std::string body = Pattern(TlsEngine::kLargestRecord);
  Write(std::array<asio::const_buffer, 2>{asio::buffer("head", 4), asio::buffer(body)});
  ASSERT_TRUE(RunUntil([&] { return write.has_value(); }));
  EXPECT_EQ(write->size, TlsEngine::kLargestRecord);
  ASSERT_TRUE(RunUntil([&] { return server->Hear().size() == write->size; }));
  EXPECT_EQ(server->Hear(), "head" + body.substr(0, body.size() - 4));
}

TEST_F(TlsSocketTest, AWriteWaitsForAPeerThatDoesNotRead) {
  Open();
  const std::string begun = WriteUntilBlocked();
  // Reading goes on meanwhile.
  server->Say("still here");
  EXPECT_EQ(ReadAll(10), "still here");
  EXPECT_FALSE(write.has_value());
  ASSERT_TRUE(RunUntil([&] { return server->Hear().size() >= begun.size() && write; }));
  EXPECT_FALSE(write->error) << write->error.message();
  EXPECT_EQ(server->Hear(), begun);
}

TEST_F(TlsSocketTest, PendingReadAndWriteEndWhenTheSocketIsClosed) {
  Open();
  Read();
  WriteUntilBlocked();
  Close();
  ASSERT_TRUE(RunUntil([&] { return read && write; }));
  EXPECT_EQ(read->error, asio::error::operation_aborted);
  EXPECT_EQ(write->error, asio::error::operation_aborted);
}

TEST_F(TlsSocketTest, CloseNotifyIsTheEnd) {
  Open();
  server->Say("last words");
  server->SayCloseNotify();
  server->Flush();
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(GotText(), "last words");
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(read->error, asio::error::eof);
}

TEST_F(TlsSocketTest, AnEndWithoutCloseNotifyIsATruncation) {
  Open();
  server->Say("cut");
  const std::string record = server->TakeOutput();
  server->Wire(std::string_view(record).substr(0, record.size() - 1));
  server->socket().shutdown(Tcp::socket::shutdown_send);
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(read->error, asio::ssl::error::stream_truncated);
}

TEST_F(TlsSocketTest, AResetIsTheSocketsError) {
  Open();
  Read();
  server->socket().set_option(asio::socket_base::linger(true, 0));
  server->socket().close();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(read->error, asio::error::connection_reset);
  Write(asio::buffer("x", 1));
  ASSERT_TRUE(RunUntil([&] { return write.has_value(); }));
  EXPECT_TRUE(write->error) << "and no signal";
}

TEST_F(TlsSocketTest, WhatHasArrivedIsReadAfterAFailedWrite) {
  Open();
  server->Say("that is why");
  const size_t before = client->next_layer().available();
  server->Flush();
  ASSERT_TRUE(RunUntil([&] { return client->next_layer().available() > before; }));
  server->socket().set_option(asio::socket_base::linger(true, 0));
  server->socket().close();
  for (const std::string_view text : {"a longer write", "short"}) {
    Write(asio::buffer(text));
    ASSERT_TRUE(RunUntil([&] { return write.has_value(); }));
    EXPECT_EQ(write->error.category(), asio::error::get_system_category()) << write->error.message();
    EXPECT_TRUE(write->error);
  }
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  ASSERT_FALSE(read->error) << read->error.message();
  EXPECT_EQ(GotText(), "that is why");
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(read->error, asio::ssl::error::stream_truncated);
}

TEST_F(TlsSocketTest, ForgedBytesAreOpenSslsError) {
  Open();
  server->Say("forged");
  std::string record = server->TakeOutput();
  record.back() = static_cast<char>(record.back() ^ 1);
  server->Wire(record);
  Read();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(read->error.category(), asio::error::get_ssl_category());
}

TEST_F(TlsSocketTest, ShutdownSaysFarewellAndWaitsForThePeers) {
  Open();
  Shutdown();
  ASSERT_TRUE(RunUntil([&] { return server->Hear(), server->heard_close_notify(); }));
  RunReady();
  EXPECT_FALSE(shutdown.has_value());
  server->SayCloseNotify();
  server->Flush();
  ASSERT_TRUE(RunUntil([&] { return shutdown.has_value(); }));
  EXPECT_FALSE(shutdown->error) << shutdown->error.message();
}

TEST_F(TlsSocketTest, ShutdownEndsWithTheConnection) {
  Open();
  Shutdown();
  server->socket().shutdown(Tcp::socket::shutdown_send);
  ASSERT_TRUE(RunUntil([&] { return shutdown.has_value(); }));
  EXPECT_EQ(shutdown->error, asio::ssl::error::stream_truncated);
}

TEST_F(TlsSocketTest, KeysChangeOnThePeersRequest) {
  Open();
  Read();
  for (int i = 0; i < 3; ++i) {
    server->SayKeyUpdate();
  }
  server->Say("new keys");
  server->Flush();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  ASSERT_FALSE(read->error) << read->error.message();
  EXPECT_EQ(GotText(), "new keys");
  Write(asio::buffer(std::string_view("too")));
  ASSERT_TRUE(RunUntil([&] { return write && server->Hear() == "too"; }));
  EXPECT_GE(server->heard_key_updates(), 1);
}

// The answer to a KeyUpdate has to wait behind what the peer does not read, and so may the read.
TEST_F(TlsSocketTest, KeysChangeWhileAWriteIsBlocked) {
  Open();
  const std::string begun = WriteUntilBlocked();
  Read();
  server->SayKeyUpdate();
  server->Say("new keys");
  server->Flush();
  RunReady();
  ASSERT_TRUE(RunUntil([&] { return server->Hear().size() >= begun.size() && read && write; }));
  ASSERT_FALSE(read->error) << read->error.message();
  ASSERT_FALSE(write->error) << write->error.message();
  EXPECT_EQ(GotText(), "new keys");
  Write(asio::buffer(std::string_view("too")));
  ASSERT_TRUE(RunUntil([&] { return write && server->Hear() == begun + "too"; }));
  EXPECT_EQ(server->heard_key_updates(), 1);
}

// With TLS 1.2 a write can have to wait for what the peer says.
TEST_F(TlsSocketTest, AWriteWaitsForARenegotiation) {
  Open(TLS1_2_VERSION);
  Read();
  server->SayHelloRequest();
  server->Flush();
  // The client has begun to shake hands anew.
  ASSERT_TRUE(RunUntil([&] { return server->socket().available() > 0; }));
  Write(asio::buffer(std::string_view("after it")));
  RunReady();
  EXPECT_FALSE(write.has_value());
  ASSERT_TRUE(RunUntil([&] { return server->Hear() == "after it" || (server->Flush(), false); }));
  ASSERT_TRUE(RunUntil([&] { return write.has_value(); }));
  EXPECT_FALSE(write->error) << write->error.message();
  server->Say("and back");
  server->Flush();
  ASSERT_TRUE(RunUntil([&] { return read.has_value(); }));
  EXPECT_EQ(GotText(), "and back");
}

}  // namespace
}  // namespace holter::transport
