#include <utility>

#include "transport/connection.h"
#include "transport/loop_context.h"
#include "transport/transport.h"

namespace holter::transport {
namespace {

// The owner's hold on a connection.
class BeastChannel final : public Channel {
 public:
  explicit BeastChannel(boost::intrusive_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~BeastChannel() override {
    // After its end a connection closes by itself: the answer to the peer's close frame is still on the way.
    if (connection_->listening()) {
      connection_->Release(core::DropAction::Manner::kAbort, 0, "");
    }
  }

  void Ping(std::string payload) override { connection_->Ping(std::move(payload)); }
  void Send(core::FrameKind kind, std::string payload) override { connection_->Send(kind, std::move(payload)); }
  void Release(core::DropAction::Manner manner, uint16_t code, std::string_view reason) override {
    connection_->Release(manner, code, reason);
  }
  bool InputPending() const override { return connection_->InputPending(); }
  core::LinkState Link() const override { return connection_->Link(); }
  size_t TakeBytesWritten() override { return connection_->TakeBytesWritten(); }

 private:
  const boost::intrusive_ptr<Connection> connection_;
};

class BeastChannelFactory final : public ChannelFactory {
 public:
  explicit BeastChannelFactory(boost::intrusive_ptr<LoopContext> context) : context_(std::move(context)) {}
  ~BeastChannelFactory() override { AbortAll(); }

  std::unique_ptr<Channel> Dial(core::SessionSpec session, ChannelObserver* observer) override {
    boost::intrusive_ptr<Connection> connection(new Connection(context_, observer));
    connection->Dial(std::move(session));
    return std::make_unique<BeastChannel>(std::move(connection));
  }

  size_t open_files() const override { return context_->files->open; }

  void Shutdown() override { AbortAll(); }

 private:
  void AbortAll() {
    context_->resolver.reset();
    // Aborting takes a connection off the list.
    while (!context_->closing.empty()) {
      boost::intrusive_ptr<Connection>(context_->closing.begin()->second)->AbortClosing();
    }
  }

  const boost::intrusive_ptr<LoopContext> context_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ChannelFactory>> MakeBeastChannelFactory(boost::asio::io_context& io,
                                                                        const TransportOptions& options) {
  auto resolver = DnsResolver::Create(io, options.dns_server);
  if (!resolver.ok()) {
    return resolver.status();
  }
  boost::intrusive_ptr<LoopContext> context(new LoopContext(io, options, *std::move(resolver)));
  return std::make_unique<BeastChannelFactory>(std::move(context));
}

}  // namespace holter::transport
