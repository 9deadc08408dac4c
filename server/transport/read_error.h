// What Beast's errors mean. Includes Beast; only for the streams' own files.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/session_event.h"
#include "transport/upgrade_response.h"
#include "transport/ws_stream.h"

namespace holter::transport {

inline constexpr uint16_t kBadGateway = 1014;

inline boost::beast::string_view BeastView(std::string_view text) { return {text.data(), text.size()}; }

inline void DecorateUpgrade(const UpgradeRequest& request, boost::beast::websocket::request_type& http) {
  namespace field = boost::beast::http;
  // 1.81 writes "upgrade", at which some servers balk.
  http.set(field::field::connection, "Upgrade");
  http.set(field::field::user_agent, request.user_agent);
  std::string offered;
  for (const std::string& subprotocol : request.subprotocols) {
    offered += offered.empty() ? subprotocol : ", " + subprotocol;
  }
  if (!offered.empty()) {
    http.set(field::field::sec_websocket_protocol, offered);
  }
  for (const auto& [name, value] : request.headers) {
    if (field::string_to_field(BeastView(name)) == field::field::user_agent) {
      http.set(field::field::user_agent, value.Reveal());
    } else {
      http.insert(BeastView(name), BeastView(value.Reveal()));
    }
  }
}

inline core::DialFailure UpgradeInvalid(std::string detail) {
  return {.reason = core::Reason::kUpgradeInvalid, .detail = std::move(detail), .http_status = 0, .retry_after = {}};
}

inline bool IsEndOfStream(const boost::system::error_code& error) {
  return error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated ||
         error == boost::beast::http::error::end_of_stream || error == boost::beast::http::error::partial_message;
}

inline core::DialFailure DescribeUpgradeError(const boost::system::error_code& error) {
  core::DialFailure failure = UpgradeInvalid(error.message());
  if (IsEndOfStream(error)) {
    failure.reason = core::Reason::kPeerReset;
    failure.detail = "the peer ended the connection before it answered the upgrade";
  } else if (error.category() == boost::asio::error::get_ssl_category()) {
    failure.reason = core::Reason::kTlsOther;
  } else if (error.category() == boost::system::system_category()) {
    failure.reason = core::Reason::kPeerReset;
  }
  return failure;
}

// What Beast does not look at in an answer with status 101.
inline core::DialFailure JudgeUpgrade(const UpgradeResponse& response, const std::vector<std::string>& offered) {
  if (response.Header("Sec-WebSocket-Extensions").has_value()) {
    return UpgradeInvalid("the peer chose an extension that was not offered");
  }
  const auto chosen = response.Header("Sec-WebSocket-Protocol");
  if (!chosen.has_value()) {
    return offered.empty() ? core::DialFailure() : UpgradeInvalid("the peer chose none of the offered subprotocols");
  }
  if (std::find(offered.begin(), offered.end(), *chosen) == offered.end()) {
    return UpgradeInvalid("the peer chose a subprotocol that was not offered");
  }
  return {};
}

// A close frame with code 1014 at the front of what was read, or without a reason at its end.
inline bool HoldsBadGatewayClose(std::string_view bytes) {
  constexpr std::string_view code("\x03\xf6", 2);
  constexpr std::string_view bare_frame("\x88\x02\x03\xf6", 4);
  return (bytes.size() >= 4 && bytes[0] == bare_frame[0] && bytes.substr(2, 2) == code) || bytes.ends_with(bare_frame);
}

// How the reading of an open connection ended.
struct ReadEnd {
  core::CloseInfo info;
  bool handshaken;  // a close frame of ours is out
};

inline ReadEnd DescribeReadError(const boost::system::error_code& error, bool saw_bad_gateway) {
  namespace websocket = boost::beast::websocket;
  using core::Reason;
  if (error == websocket::error::closed) {
    return {{.reason = Reason::kPeerClosed, .code = 0, .detail = ""}, true};
  }
  if (error == websocket::error::bad_close_code && saw_bad_gateway) {
    return {{.reason = Reason::kPeerClosed, .code = kBadGateway, .detail = "bad gateway"}, true};
  }
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    return {{.reason = Reason::kMessageTooBig, .code = 0, .detail = "a message is larger than max_message_bytes"},
            true};
  }
  if (error == websocket::condition::protocol_violation) {
    return {{.reason = Reason::kProtocolError, .code = 0, .detail = error.message()}, true};
  }
  if (IsEndOfStream(error)) {
    return {{.reason = Reason::kPeerReset, .code = 0, .detail = "the connection ended without a close frame"}, false};
  }
  return {{.reason = Reason::kPeerReset, .code = 0, .detail = error.message()}, false};
}

}  // namespace holter::transport
