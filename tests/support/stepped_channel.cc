#include "tests/support/stepped_channel.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "absl/time/time.h"

namespace holter::testing {

// The owner's side.
class SteppedChannelHandle final : public transport::Channel {
 public:
  explicit SteppedChannelHandle(SteppedChannel* channel) : channel_(channel) {}
  ~SteppedChannelHandle() override {
    if (!channel_->over()) Release(core::DropAction::Manner::kAbort, 0, "destroyed");
    channel_->destroyed_ = true;
  }

  void Ping(std::string payload) override {
    EXPECT_TRUE(channel_->open_) << "ping on a connection that is not open";
    channel_->written_ += payload.size() + SteppedChannel::kHeaderBytes;
    channel_->pings_.push_back(std::move(payload));
  }

  void Send(core::FrameKind kind, std::string payload) override {
    EXPECT_TRUE(channel_->open_) << "message on a connection that is not open";
    channel_->written_ += payload.size() + SteppedChannel::kHeaderBytes;
    channel_->sent_.emplace_back(kind, std::move(payload));
  }

  void Release(core::DropAction::Manner manner, uint16_t code, std::string_view reason) override {
    EXPECT_FALSE(channel_->over()) << "released twice, or after its end";
    channel_->observer_ = nullptr;
    channel_->farewell_ = Farewell{.manner = manner, .code = code, .reason = std::string(reason)};
    const bool lingers = manner == core::DropAction::Manner::kPolite && channel_->open_ && !channel_->polite_at_once_;
    channel_->open_ = false;
    if (!lingers) channel_->CloseSocket();
  }

  bool InputPending() const override {
    ++channel_->input_questions_;
    return channel_->input_pending_;
  }
  core::LinkState Link() const override {
    ++channel_->link_calls_;
    return channel_->link_;
  }
  size_t TakeBytesWritten() override { return std::exchange(channel_->written_, 0); }

 private:
  SteppedChannel* const channel_;
};

class SteppedChannelFactory final : public transport::ChannelFactory {
 public:
  explicit SteppedChannelFactory(SteppedNetwork* network) : network_(network) {}

  std::unique_ptr<transport::Channel> Dial(core::SessionSpec session, transport::ChannelObserver* observer) override {
    if (network_->dial_throws_) throw std::runtime_error("dial was told to throw");
    auto channel = std::make_unique<SteppedChannel>(std::move(session.url), std::move(session.shared), observer,
                                                    sockets_, network_->polite_at_once_);
    auto handle = std::make_unique<SteppedChannelHandle>(channel.get());
    absl::MutexLock lock(&network_->mutex_);
    network_->channels_.push_back(std::move(channel));
    return handle;
  }
  size_t open_files() const override { return static_cast<size_t>(sockets_->load()); }
  void Shutdown() override {
    absl::MutexLock lock(&network_->mutex_);
    ++network_->shutdowns_;
  }

 private:
  SteppedNetwork* const network_;
  const SteppedChannel::SocketCount sockets_ = std::make_shared<std::atomic<int>>(0);
};

SteppedChannel::SteppedChannel(std::string target, std::shared_ptr<const core::SharedSpec> shared,
                               transport::ChannelObserver* owner, SocketCount sockets, bool polite_at_once)
    : url_(std::move(target)),
      spec_(std::move(shared)),
      observer_(owner),
      sockets_(std::move(sockets)),
      polite_at_once_(polite_at_once) {}

void SteppedChannel::Phase(core::Phase phase, Duration took) {
  ASSERT_NE(observer_, nullptr);
  if (!has_socket_) {
    has_socket_ = true;
    ++*sockets_;
  }
  observer_->OnPhase(phase, took);
}

void SteppedChannel::Open(core::OpenInfo info) {
  if (!has_socket_) Phase(core::Phase::kDns, Duration::zero());
  ASSERT_NE(observer_, nullptr);
  open_ = true;
  observer_->OnOpened(std::move(info));
}

void SteppedChannel::Fail(core::Reason reason, int http_status) {
  ASSERT_FALSE(open_);
  CloseSocket();
  core::DialFailure failure;
  failure.reason = reason;
  failure.detail = "the test let it fail";
  failure.http_status = http_status;
  TakeObserver()->OnDialFailed(std::move(failure));
}

void SteppedChannel::Inbound(size_t bytes) {
  ASSERT_TRUE(open_);
  observer_->OnInbound(bytes);
}

void SteppedChannel::Pong(std::string_view payload) {
  Inbound(payload.size() + 2);
  if (!over()) observer_->OnPong(payload);
}

void SteppedChannel::Ping(std::string_view payload) {
  Inbound(payload.size() + 2);
  if (!over()) observer_->OnPing(payload);
}

void SteppedChannel::Message(core::FrameKind kind, std::string_view payload) {
  Inbound(payload.size() + 2);
  if (!over()) observer_->OnMessage(kind, payload);
}

void SteppedChannel::Close(uint16_t code) {
  ASSERT_TRUE(open_);
  open_ = false;
  CloseSocket();
  TakeObserver()->OnClosed({.reason = core::Reason::kPeerClosed, .code = code, .detail = "the test closed it"});
}

void SteppedChannel::Reset() {
  ASSERT_TRUE(open_);
  open_ = false;
  CloseSocket();
  TakeObserver()->OnClosed({.reason = core::Reason::kPeerReset, .code = 0, .detail = "the test reset it"});
}

void SteppedChannel::EndLinger() {
  ASSERT_TRUE(farewell_ && has_socket_);
  CloseSocket();
}

transport::ChannelObserver* SteppedChannel::TakeObserver() { return std::exchange(observer_, nullptr); }

void SteppedChannel::CloseSocket() {
  if (std::exchange(has_socket_, false)) --*sockets_;
}

SteppedNetwork::~SteppedNetwork() {
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < channels_.size(); ++i) {
    EXPECT_TRUE(channels_[i]->over()) << "dial " << i << " to " << channels_[i]->url() << " was left running";
    EXPECT_TRUE(channels_[i]->destroyed()) << "dial " << i << " to " << channels_[i]->url() << " was left undestroyed";
  }
}

std::unique_ptr<transport::ChannelFactory> SteppedNetwork::MakeFactory() {
  return std::make_unique<SteppedChannelFactory>(this);
}

size_t SteppedNetwork::dials() const {
  absl::MutexLock lock(&mutex_);
  return channels_.size();
}

SteppedChannel& SteppedNetwork::channel(size_t n) const {
  absl::MutexLock lock(&mutex_);
  return *channels_.at(n);
}

bool SteppedNetwork::AwaitDials(size_t count) const {
  const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return channels_.size() >= count; };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
}

int SteppedNetwork::shutdowns() const {
  absl::MutexLock lock(&mutex_);
  return shutdowns_;
}

}  // namespace holter::testing
