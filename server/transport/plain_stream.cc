// WebSocket over TCP.
#include "transport/beast_ws_stream.h"

namespace holter::transport {
namespace {

class PlainStream final : public BeastWsStream<TcpSocket> {
 public:
  PlainStream(Connection& connection, CountedSocket socket)
      : BeastWsStream(connection, std::move(socket.file), std::move(socket.socket)) {}

  void StartTls() override { connection().OnTlsDone({}); }
  std::optional<WallTime> TlsExpiry() const override { return std::nullopt; }

  void StartLinger() override {
    const std::span<char> tail = message().Tail();
    socket().async_read_some(boost::asio::mutable_buffer(tail.data(), tail.size()),
                             [alive = Alive(&connection()), this](const boost::system::error_code& error, size_t) {
                               if (error) {
                                 connection().OnLingerDone();
                               } else {
                                 StartLinger();
                               }
                             });
  }
};

}  // namespace

std::unique_ptr<WsStream> MakePlainStream(Connection& connection, CountedSocket socket) {
  return std::make_unique<PlainStream>(connection, std::move(socket));
}

}  // namespace holter::transport
