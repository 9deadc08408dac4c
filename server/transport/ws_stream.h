// The stream of one connection, plain or TLS, from the connected socket on. What stands behind it (Beast, OpenSSL) can
// be replaced.
//
// Owned by its Connection and kept alive with it by the handlers of its operations; tells the Connection what happens,
// never from within a call.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "core/message_template.h"
#include "core/session_event.h"
#include "transport/tcp_socket.h"

namespace holter::transport {

class Connection;

// What the upgrade asks for.
struct UpgradeRequest {
  std::string host;  // of the Host header
  std::string target;
  std::vector<std::pair<std::string, Secret>> headers;
  std::vector<std::string> subprotocols;
  std::string user_agent;  // unless `headers` has one
  size_t max_message_bytes = 0;
};

// Whom to expect behind a TLS connection.
struct TlsPeer {
  std::string name;  // or a numeric address
  bool verify = true;
};

class WsStream {
 public:
  virtual ~WsStream() = default;

  // Ends in Connection::OnTlsDone. Not called on a plain stream.
  virtual void StartTls() = 0;
  // Ends in Connection::OnUpgradeDone.
  virtual void StartUpgrade(const UpgradeRequest& request) = 0;
  // Once, when upgraded. Ends in Connection::OnReadEnded.
  virtual void StartReading() = 0;

  virtual void Ping(std::string payload) = 0;
  virtual void Send(core::FrameKind kind, std::string payload) = 0;

  // Sends a close frame and reads until the peer's. At most once, not after the peer's close frame. Ends in
  // Connection::OnCloseDone.
  virtual void StartClose(uint16_t code, std::string_view reason) = 0;
  // After the close handshake: waits until the peer ends the connection, so that its side keeps TIME_WAIT. Ends in
  // Connection::OnLingerDone.
  virtual void StartLinger() = 0;
  // Closes the socket at once; operations end soon. With `reset`, what was not sent is discarded.
  virtual void Abort(bool reset) = 0;

  virtual bool InputPending() = 0;
  virtual core::LinkState Link() = 0;
  virtual size_t TakeBytesWritten() = 0;
  // When the peer's certificate expires.
  virtual std::optional<WallTime> TlsExpiry() const = 0;
};

std::unique_ptr<WsStream> MakePlainStream(Connection& connection, CountedSocket socket);
std::unique_ptr<WsStream> MakeTlsStream(Connection& connection, CountedSocket socket,
                                        boost::asio::ssl::context& context, const TlsPeer& peer);

}  // namespace holter::transport
