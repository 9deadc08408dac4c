#include "transport/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/secret.h"

namespace holter::transport {

using Manner = core::DropAction::Manner;

namespace {

bool HasSecret(const core::HeaderSpec& header) {
  const auto references = FindSecretReferences(header.value);
  return !references.ok() || !references->empty();
}

// The peer is told one, in a header, in the URL or in a message.
bool TellsSecret(const core::SessionSpec& session) {
  const std::vector<core::HeaderSpec>& headers = session.shared->connect.headers;
  if (!session.shared->dialect.secrets.empty() || std::any_of(headers.begin(), headers.end(), HasSecret)) {
    return true;
  }
  return session.parameters != nullptr && std::any_of(session.parameters->begin(), session.parameters->end(),
                                                      [](const core::ParameterValue& value) { return value.secret; });
}

// A detail is stored nowhere, but logged and answered.
std::string DetailOfClose(std::string_view reason, bool told_secret) {
  if (told_secret && !reason.empty()) {
    return "the peer's words are not shown, since it was sent a secret that they may repeat";
  }
  return std::string(reason);
}

}  // namespace

Connection::Connection(boost::intrusive_ptr<LoopContext> context, ChannelObserver* observer)
    : context_(std::move(context)), observer_(observer), owner_(observer) {}

Connection::~Connection() = default;

void Connection::Dial(core::SessionSpec session) {
  const core::ConnectSpec& spec = session.shared->connect;
  close_timeout_ = spec.timeouts.close;
  told_secret_ = TellsSecret(session);
  dial_ = std::make_unique<DialAttempt>(*this, std::move(session));
  boost::asio::post(context_->io, [self = boost::intrusive_ptr<Connection>(this)] {
    if (self->dial_ != nullptr) {
      self->dial_->Start();
    }
  });
}

void Connection::Ping(std::string payload) {
  if (stage_ == Stage::kOpen) {
    stream_->Ping(std::move(payload));
  }
}

void Connection::Send(core::FrameKind kind, std::string payload) {
  if (stage_ == Stage::kOpen) {
    stream_->Send(kind, std::move(payload));
  }
}

void Connection::Release(Manner manner, uint16_t code, std::string_view reason) {
  observer_ = nullptr;
  if (stage_ == Stage::kClosing && manner != Manner::kAbort) {
    return;  // the peer was first; never two close frames of ours
  }
  if (stage_ != Stage::kOpen || manner == Manner::kAbort) {
    return End(true);
  }
  BeginClosing();
  stream_->StartClose(code, reason);
  if (manner == Manner::kFarewell) {
    // The kernel took the frame within StartClose, or will not take it.
    boost::asio::post(context_->io, [self = boost::intrusive_ptr<Connection>(this)] { self->End(false); });
  }
}

bool Connection::InputPending() const { return stage_ == Stage::kOpen && stream_->InputPending(); }

core::LinkState Connection::Link() const { return stage_ == Stage::kOpen ? stream_->Link() : core::LinkState(); }

size_t Connection::TakeBytesWritten() { return opened_ ? stream_->TakeBytesWritten() : 0; }

void Connection::OnPhase(core::Phase phase, Duration took) {
  Tell([&](ChannelObserver& observer) { observer.OnPhase(phase, took); });
}

void Connection::OnDialFailed(core::DialFailure failure) {
  const std::unique_ptr<DialAttempt> finished = std::move(dial_);
  End(true);
  Tell([&](ChannelObserver& observer) {
    observer_ = nullptr;
    observer.OnDialFailed(std::move(failure));
  });
}

void Connection::OnOpened(core::OpenInfo info) {
  const std::unique_ptr<DialAttempt> finished = std::move(dial_);
  stage_ = Stage::kOpen;
  opened_ = true;
  Tell([&](ChannelObserver& observer) { observer.OnOpened(std::move(info)); });
  if (stage_ == Stage::kOpen) {
    stream_->StartReading();
  }
}

void Connection::OnTlsDone(core::DialFailure failure) {
  if (dial_ != nullptr) {
    dial_->OnTlsDone(std::move(failure));
  }
}

void Connection::OnUpgradeDone(core::DialFailure failure, std::string subprotocol) {
  if (dial_ != nullptr) {
    dial_->OnUpgradeDone(std::move(failure), std::move(subprotocol));
  }
}

void Connection::OnInbound(size_t bytes) {
  Tell([&](ChannelObserver& observer) { observer.OnInbound(bytes); });
}

void Connection::OnPing(std::string_view payload) {
  Tell([&](ChannelObserver& observer) { observer.OnPing(payload); });
}

void Connection::OnPong(std::string_view payload) {
  Tell([&](ChannelObserver& observer) { observer.OnPong(payload); });
}

void Connection::OnMessage(core::FrameKind kind, std::string_view payload) {
  Tell([&](ChannelObserver& observer) { observer.OnMessage(kind, payload); });
}

void Connection::OnCloseFrame(uint16_t code, std::string_view reason) {
  if (stage_ == Stage::kOpen) {
    // The session is over now; whether the peer also ends TCP concerns only our descriptors.
    BeginClosing();
    peer_closed_ = true;
    TellClosed({.reason = core::Reason::kPeerClosed, .code = code, .detail = DetailOfClose(reason, told_secret_)});
  }
}

void Connection::OnReadEnded(core::CloseInfo info, bool handshaken) {
  if (stage_ == Stage::kOpen) {
    if (handshaken) {
      BeginClosing();
      stream_->StartLinger();
    } else {
      End(true);
    }
    TellClosed(std::move(info));
  } else if (stage_ == Stage::kClosing && peer_closed_) {
    if (handshaken) {
      stream_->StartLinger();
    } else {
      End(false);
    }
  }
}

void Connection::OnCloseDone(bool handshaken) {
  if (stage_ != Stage::kClosing) {
    return;
  }
  if (handshaken) {
    stream_->StartLinger();
  } else {
    End(false);
  }
}

void Connection::OnLingerDone() { End(false); }

void Connection::OnOverflow() {
  if (stage_ == Stage::kOpen) {
    End(true);
    TellClosed({.reason = core::Reason::kWriteStalled, .code = 0, .detail = "the peer does not read; queue is full"});
  }
}

void Connection::AbortClosing() {
  if (stage_ == Stage::kClosing) {
    End(true);
  }
}

template <typename Call>
void Connection::Tell(Call&& call) {
  ChannelObserver* const observer = observer_;
  if (observer == nullptr) {
    return;
  }
  try {
    call(*observer);
  } catch (...) {
    // What the observer missed cannot be made up for; its session is told that the connection is gone, if it still
    // listens.
    context_->options.operations->OnException("transport");
    const bool opened = stage_ != Stage::kDialing;
    End(true);
    if (std::exchange(observer_, nullptr) == observer) {
      try {
        constexpr auto reason = core::Reason::kLocalResource;
        opened ? observer->OnClosed({.reason = reason, .code = 0, .detail = "internal error"})
               : observer->OnDialFailed(
                     {.reason = reason, .detail = "internal error", .http_status = 0, .retry_after = {}});
      } catch (...) {
        context_->options.operations->OnException("transport");
      }
    }
  }
}

void Connection::TellClosed(core::CloseInfo info) {
  Tell([&](ChannelObserver& observer) {
    observer_ = nullptr;
    observer.OnClosed(std::move(info));
  });
}

void Connection::BeginClosing() {
  stage_ = Stage::kClosing;
  if (const auto older = context_->closing.find(owner_); older != context_->closing.end()) {
    boost::intrusive_ptr<Connection>(older->second)->AbortClosing();
  }
  context_->closing.emplace(owner_, this);
  closing_timer_ = std::make_unique<boost::asio::steady_timer>(context_->io, close_timeout_);
  closing_timer_->async_wait([self = boost::intrusive_ptr<Connection>(this)](const boost::system::error_code& error) {
    if (!error) {
      self->AbortClosing();
    }
  });
}

void Connection::End(bool reset) {
  if (stage_ == Stage::kEnded) {
    return;
  }
  if (stage_ == Stage::kClosing) {
    context_->closing.erase(owner_);
  }
  stage_ = Stage::kEnded;
  closing_timer_.reset();
  dial_.reset();
  if (stream_ != nullptr) {
    stream_->Abort(reset);
  }
}

}  // namespace holter::transport
