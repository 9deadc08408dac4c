#include "tests/integration/canary_peers.h"

#include <fmt/format.h>

#include <regex>

namespace holter::integration {

using holter::testing::ClosePayload;
using holter::testing::Opcode;
using holter::testing::PeerConnection;
using holter::testing::Script;

std::string TokenOf(const std::string& request) {
  std::smatch match;
  return std::regex_search(request, match, std::regex("Bearer ([^\r]*)")) ? match[1].str() : "";
}

Script EchoesInTheRefusal() {
  return [](PeerConnection& connection) {
    const std::string request = connection.ReadRequest();
    const std::string token = TokenOf(request);
    connection.Send(
        fmt::format("HTTP/1.1 403 {0}\r\nX-Echo: {0}\r\nWWW-Authenticate: Bearer realm=\"{0}\"\r\nRetry-After: {0}\r\n"
                    "Set-Cookie: a={0}\r\nContent-Length: {1}\r\n\r\n{2}",
                    token, request.size(), request));
    connection.AwaitEnd();
  };
}

Script EchoesInsteadOfHttp() {
  return [](PeerConnection& connection) {
    connection.Send(connection.ReadRequest());
    connection.AwaitEnd();
  };
}

Script ChoosesASubprotocolThatItWasNotOffered() {
  return [](PeerConnection& connection) {
    const std::string request = connection.ReadRequest();
    connection.Send(PeerConnection::GoodAnswer(request, "Sec-WebSocket-Protocol: " + TokenOf(request) + "\r\n"));
    connection.AwaitEnd();
  };
}

Script EchoesInFrames() {
  return [](PeerConnection& connection) {
    const std::string request = connection.ReadRequest();
    connection.Send(PeerConnection::GoodAnswer(request));
    connection.SendFrame(Opcode::kText, TokenOf(request));
    connection.SendFrame(Opcode::kPing, TokenOf(request));
    connection.SendFrame(Opcode::kPong, TokenOf(request));
    connection.SendFrame(Opcode::kClose, ClosePayload(4003, TokenOf(request)));
    connection.AwaitEnd();
  };
}

Script EchoesInABrokenFrame() {
  return [](PeerConnection& connection) {
    const std::string request = connection.ReadRequest();
    connection.Send(PeerConnection::GoodAnswer(request));
    connection.SendFrame(Opcode{11}, TokenOf(request));
    connection.AwaitEnd();
  };
}

Script EchoesWords() {
  return [](PeerConnection& connection) {
    connection.Upgrade();
    std::string token;
    for (auto frame = connection.ReadFrame(); frame; frame = connection.ReadFrame()) {
      if (frame->opcode != Opcode::kText) continue;
      if (token.empty()) {
        token = frame->payload.substr(frame->payload.rfind(' ') + 1);
        connection.SendFrame(Opcode::kText, "welcome " + token);
        continue;
      }
      connection.SendFrame(Opcode::kText, frame->payload);
      if (connection.index() % 2 == 0) connection.SendFrame(Opcode::kText, "end " + token);
      connection.SendFrame(Opcode::kClose, ClosePayload(4003, token));
    }
  };
}

}  // namespace holter::integration
