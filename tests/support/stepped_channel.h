// A network that does nothing by itself: every operation hangs until the test lets it go, and every call is recorded.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "core/session_action.h"
#include "core/session_event.h"
#include "core/session_spec.h"
#include "transport/channel.h"

namespace holter::testing {

// What Release was called with.
struct Farewell {
  core::DropAction::Manner manner = core::DropAction::Manner::kAbort;
  uint16_t code = 0;
  std::string reason;
};

// One attempt or connection as the test holds it. Everything on the loop's thread, but for what says otherwise.
class SteppedChannel {
 public:
  // Sockets of one loop.
  using SocketCount = std::shared_ptr<std::atomic<int>>;

  SteppedChannel(std::string target, std::shared_ptr<const core::SharedSpec> shared, transport::ChannelObserver* owner,
                 SocketCount sockets, bool polite_at_once);

  // What was asked for.
  const std::string& url() const { return url_; }
  const std::shared_ptr<const core::SharedSpec>& spec() const { return spec_; }
  const std::vector<std::string>& pings() const { return pings_; }
  const std::vector<std::pair<core::FrameKind, std::string>>& sent() const { return sent_; }
  const std::optional<Farewell>& farewell() const { return farewell_; }
  int link_calls() const { return link_calls_; }
  int input_questions() const { return input_questions_; }
  // The owner has destroyed its side.
  bool destroyed() const { return destroyed_; }
  // Nobody hears any more.
  bool over() const { return observer_ == nullptr; }

  // What happens to it.
  void Phase(core::Phase phase, Duration took);
  void Open(core::OpenInfo info = {.peer_address = "192.0.2.1:80", .subprotocol = "", .tls_expiry = {}});
  void Fail(core::Reason reason, int http_status = 0);
  // Bytes, then what they make.
  void Pong(std::string_view payload);
  void Ping(std::string_view payload);
  void Message(core::FrameKind kind, std::string_view payload);
  void Inbound(size_t bytes);
  void Close(uint16_t code);
  void Reset();

  // What the kernel says.
  void set_link(const core::LinkState& link) { link_ = link; }
  void set_input_pending(bool pending) { input_pending_ = pending; }
  // Frames count as written at once, with this many bytes of header.
  static constexpr size_t kHeaderBytes = 6;

  // After Release with kPolite: the close handshake has ended and the socket is closed.
  void EndLinger();

 private:
  friend class SteppedChannelHandle;

  transport::ChannelObserver* TakeObserver();
  void CloseSocket();

  const std::string url_;
  const std::shared_ptr<const core::SharedSpec> spec_;
  transport::ChannelObserver* observer_;
  const SocketCount sockets_;
  const bool polite_at_once_;
  bool has_socket_ = false;
  bool open_ = false;
  bool input_pending_ = false;
  bool destroyed_ = false;
  core::LinkState link_;
  mutable int link_calls_ = 0;
  mutable int input_questions_ = 0;
  size_t written_ = 0;
  std::vector<std::string> pings_;
  std::vector<std::pair<core::FrameKind, std::string>> sent_;
  std::optional<Farewell> farewell_;
};

// The channels of all loops. Its destructor fails the test if a channel was neither released nor has ended, or if its
// owner has not destroyed it; the loops have to be gone by then.
class SteppedNetwork {
 public:
  SteppedNetwork() = default;
  ~SteppedNetwork();
  SteppedNetwork(const SteppedNetwork&) = delete;
  SteppedNetwork& operator=(const SteppedNetwork&) = delete;

  // One for every loop. The network outlives it.
  std::unique_ptr<transport::ChannelFactory> MakeFactory();

  // Dials so far; any thread.
  size_t dials() const;
  // The n-th dial, from 0; it has to have happened. Any thread; what it returns belongs to its loop's.
  SteppedChannel& channel(size_t n) const;
  SteppedChannel& last() const { return channel(dials() - 1); }
  // Any thread: waits until there have been `count` dials. False after ten seconds.
  bool AwaitDials(size_t count) const;

  // When set, a polite release closes its socket at once instead of waiting for EndLinger. Before the first dial.
  void set_polite_at_once(bool at_once) { polite_at_once_ = at_once; }
  // When set, Dial throws. On the loop's thread.
  void set_dial_throws(bool throws) { dial_throws_ = throws; }

  // Factories that were shut down; any thread.
  int shutdowns() const;

 private:
  friend class SteppedChannelFactory;

  bool polite_at_once_ = false;
  bool dial_throws_ = false;
  mutable absl::Mutex mutex_;
  std::vector<std::unique_ptr<SteppedChannel>> channels_ ABSL_GUARDED_BY(mutex_);
  int shutdowns_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace holter::testing
