// One attempt and what came of it: what lives on behind a Channel while handlers still run.
//
//   kDialing ──opened──▶ kOpen ──released politely, or the peer closed──▶ kClosing ──▶ kEnded
//      └──────────────────┴──────failed, reset, released hard────────────────────────────┘
//
// On one loop's thread. Kept alive by the channel, by the handlers of its operations, and by its loop while it closes.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/session_action.h"
#include "core/session_event.h"
#include "transport/channel.h"
#include "transport/dial_attempt.h"
#include "transport/loop_context.h"
#include "transport/tcp_socket.h"
#include "transport/ws_stream.h"

namespace holter::transport {

class Connection final : public LoopCounted<Connection> {
 public:
  Connection(boost::intrusive_ptr<LoopContext> context, ChannelObserver* observer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The channel's side.
  void Dial(core::SessionSpec session);
  void Ping(std::string payload);
  void Send(core::FrameKind kind, std::string payload);
  void Release(core::DropAction::Manner manner, uint16_t code, std::string_view reason);
  bool InputPending() const;
  core::LinkState Link() const;
  size_t TakeBytesWritten();

  // The attempt's side.
  void OnPhase(core::Phase phase, Duration took);
  void OnDialFailed(core::DialFailure failure);
  void OnOpened(core::OpenInfo info);

  // The stream's side.
  void OnTlsDone(core::DialFailure failure);
  void OnUpgradeDone(core::DialFailure failure, std::string subprotocol);
  void OnInbound(size_t bytes);
  void OnPing(std::string_view payload);
  void OnPong(std::string_view payload);
  void OnMessage(core::FrameKind kind, std::string_view payload);
  // The peer's close frame was read; its echo is on the way.
  void OnCloseFrame(uint16_t code, std::string_view reason);
  // Nothing more will be read. `handshaken`: close frames went both ways, or we failed the connection with one of ours.
  void OnReadEnded(core::CloseInfo info, bool handshaken);
  void OnCloseDone(bool handshaken);
  void OnLingerDone();
  // More waits to be written than is sane.
  void OnOverflow();

  // Ends a close handshake at once.
  void AbortClosing();

  LoopContext& context() const { return *context_; }
  // Null when the attempt has ended.
  DialAttempt* dial() const { return dial_.get(); }
  void set_stream(std::unique_ptr<WsStream> stream) { stream_ = std::move(stream); }
  WsStream* stream() const { return stream_.get(); }
  // True while what is read still concerns somebody.
  bool listening() const { return observer_ != nullptr; }

 private:
  enum class Stage : uint8_t { kDialing, kOpen, kClosing, kEnded };

  // Calls the observer, and only that can throw: an exception ends this connection and is counted.
  template <typename Call>
  void Tell(Call&& call);
  // Tells the observer its last.
  void TellClosed(core::CloseInfo info);
  // The close handshake has PhaseTimeouts::close, whatever the peer does, or until the next one of the same owner.
  void BeginClosing();
  void End(bool reset);

  boost::intrusive_ptr<LoopContext> context_;
  ChannelObserver* observer_;
  const void* const owner_;  // whose connection it was, for comparing only
  std::unique_ptr<DialAttempt> dial_;
  std::unique_ptr<WsStream> stream_;
  std::unique_ptr<boost::asio::steady_timer> closing_timer_;
  Duration close_timeout_{};
  Stage stage_ = Stage::kDialing;
  bool opened_ = false;       // and stays so: what was written last is asked for after the end
  bool peer_closed_ = false;  // in kClosing: the peer began it
  bool told_secret_ = false;  // the peer may repeat it
};

}  // namespace holter::transport
