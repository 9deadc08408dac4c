// One connection attempt and, if it opens, one WebSocket connection: the small interface behind which Beast stands.
//
// All on one loop's thread. A channel is made by ChannelFactory::Dial and ends in one of two ways: the observer hears
// OnDialFailed or OnClosed, or the owner calls Release. Nothing is heard before Dial has returned, from within a call
// to the channel, or after OnDialFailed, OnClosed or Release. A new attempt is a new channel: nothing of an old one can
// touch it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "core/message_template.h"
#include "core/session_action.h"
#include "core/session_event.h"
#include "core/session_spec.h"

namespace holter::transport {

// Hears of one channel, on the loop's thread. Views live for the call only. The owner may call Release, also on the
// very channel that is calling, from within any of these.
class ChannelObserver {
 public:
  virtual ~ChannelObserver() = default;

  // A phase ended well and took this long; the next begins.
  virtual void OnPhase(core::Phase phase, Duration took) = 0;
  virtual void OnOpened(core::OpenInfo info) = 0;
  virtual void OnDialFailed(core::DialFailure failure) = 0;
  // Bytes arrived: before whatever they complete, and also when they complete nothing. WebSocket bytes, headers
  // included, as exactly as the stream can tell.
  virtual void OnInbound(size_t bytes) = 0;
  // The pong has been queued already.
  virtual void OnPing(std::string_view payload) = 0;
  virtual void OnPong(std::string_view payload) = 0;
  // A whole message, reassembled, at most ConnectSpec::max_message_bytes.
  virtual void OnMessage(core::FrameKind kind, std::string_view payload) = 0;
  // The connection has ended, by the peer or the wire.
  virtual void OnClosed(core::CloseInfo info) = 0;
};

// Owned by the runner of a session.
class Channel {
 public:
  // As Release(kAbort) if that was not called and nothing has ended it. Never blocks.
  virtual ~Channel() = default;

  // Queue a frame; only between OnOpened and the end. Never blocks and never fails: a write that cannot go on shows in
  // Link().
  virtual void Ping(std::string payload) = 0;
  virtual void Send(core::FrameKind kind, std::string payload) = 0;

  // Detaches the observer and ends the connection in the given manner; in any phase. What remains (a close handshake of
  // at most PhaseTimeouts::close) is owned by the loop's factory and counted by its open_files().
  virtual void Release(core::DropAction::Manner manner, uint16_t code, std::string_view reason) = 0;

  // Bytes have arrived that no handler has seen yet.
  virtual bool InputPending() const = 0;
  // Asks the kernel (tcp_info, one system call).
  virtual core::LinkState Link() const = 0;
  // WebSocket bytes handed to the kernel since the last call; also after the end.
  virtual size_t TakeBytesWritten() = 0;
};

// One a loop; used on the loop's thread.
class ChannelFactory {
 public:
  virtual ~ChannelFactory() = default;

  // Begins an attempt. `observer` outlives the channel or its Release. What `session` shares is kept for the attempt.
  virtual std::unique_ptr<Channel> Dial(core::SessionSpec session, ChannelObserver* observer) = 0;
  // Sockets open in this loop, those still closing included.
  virtual size_t open_files() const = 0;
  // Aborts every close handshake that still runs and cancels name resolution; called once, when the loop ends.
  virtual void Shutdown() = 0;
};

}  // namespace holter::transport
