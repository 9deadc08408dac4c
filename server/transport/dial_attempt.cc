#include "transport/dial_attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "core/parameter_text.h"
#include "core/variable.h"
#include "transport/connect_error.h"
#include "transport/connection.h"

namespace holter::transport {
namespace {

bool HasControlCharacters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

}  // namespace

DialAttempt::DialAttempt(Connection& connection, core::SessionSpec session)
    : connection_(connection),
      url_text_(std::move(session.url)),
      spec_(std::move(session.shared)),
      parameters_(std::move(session.parameters)),
      tenant_(session.tenant),
      drawn_(session.drawn),
      deadline_(connection.context().io) {}

void DialAttempt::Start() {
  if (const absl::Status status = ReadSecrets(); !status.ok()) {
    return Fail(core::Reason::kSecret, std::string(status.message()));
  }
  auto url = core::ParseUrl(ExpandUrl());
  if (!url.ok()) {
    return Fail(core::Reason::kUpgradeInvalid, std::string(url.status().message()));
  }
  url_ = *std::move(url);
  if (const absl::Status status = ExpandHeaders(); !status.ok()) {
    return Fail(core::Reason::kSecret, std::string(status.message()));
  }
  request_.host = url_.HostHeader();
  request_.target = url_.target;
  request_.subprotocols = spec_->connect.subprotocols;
  request_.user_agent = connection_.context().options.user_agent;
  request_.max_message_bytes = spec_->connect.max_message_bytes;
  Resolve();
}

absl::Status DialAttempt::ReadSecrets() {
  const auto read = [this](const core::ParameterList& list) -> absl::Status {
    for (const core::ParameterValue& value : list) {
      if (!value.secret) {
        continue;
      }
      auto secret = ExpandSecrets(value.text, *connection_.context().options.secrets);
      if (!secret.ok()) {
        return secret.status();
      }
      secrets_.emplace_back(value.slot, *std::move(secret));
    }
    return absl::OkStatus();
  };
  if (absl::Status status = read(spec_->dialect.secrets); !status.ok() || parameters_ == nullptr) {
    return status;
  }
  return read(*parameters_);
}

// Parameters that are no secrets were replaced when the session was declared.
std::string DialAttempt::ExpandUrl() const {
  return core::ReplaceParameters(url_text_, [this](std::string_view name) -> std::optional<std::string> {
    if (const std::optional<std::string> drawn = DrawnValue(name)) {
      return core::PercentEncode(*drawn);
    }
    const std::optional<size_t> slot = spec_->dialect.scope.Find(name);
    const auto secret = std::find_if(secrets_.begin(), secrets_.end(),
                                     [&slot](const auto& known) { return slot && known.first == *slot; });
    if (secret == secrets_.end()) {
      return std::nullopt;
    }
    return core::PercentEncode(secret->second.Reveal());
  });
}

std::string DialAttempt::ExpandParameters(std::string_view text) const {
  return core::ReplaceParameters(text, [this](std::string_view name) -> std::optional<std::string> {
    if (std::optional<std::string> drawn = DrawnValue(name)) {
      return drawn;
    }
    const std::optional<size_t> slot = spec_->dialect.scope.Find(name);
    if (!slot || parameters_ == nullptr) {
      return std::nullopt;
    }
    const auto parameter = std::find_if(parameters_->begin(), parameters_->end(),
                                        [&slot](const core::ParameterValue& known) { return known.slot == *slot; });
    return parameter == parameters_->end() ? std::nullopt : std::optional(parameter->text);
  });
}

std::optional<std::string> DialAttempt::DrawnValue(std::string_view name) const {
  const std::optional<core::Variable> variable = core::FindVariable(name);
  if (!variable || !core::IsDrawnAtDial(*variable)) {
    return std::nullopt;
  }
  std::string text;
  drawn_.Append(*variable, text);
  return text;
}

absl::Status DialAttempt::ExpandHeaders() {
  for (const core::HeaderSpec& header : spec_->connect.headers) {
    auto value = ExpandSecrets(ExpandParameters(header.value), *connection_.context().options.secrets);
    if (!value.ok()) {
      return absl::Status(value.status().code(),
                          fmt::format("header {}: {}", header.name, std::string(value.status().message())));
    }
    if (HasControlCharacters(value->Reveal())) {
      return absl::InvalidArgumentError(fmt::format("header {}: the secret holds control characters", header.name));
    }
    request_.headers.emplace_back(header.name, *std::move(value));
  }
  return absl::OkStatus();
}

void DialAttempt::Resolve() {
  BeginPhase(core::Phase::kDns, spec_->connect.timeouts.dns);
  boost::system::error_code not_numeric;
  const auto address = boost::asio::ip::make_address(url_.host, not_numeric);
  if (!not_numeric) {
    return OnResolved(std::vector<boost::asio::ip::address>{address});
  }
  DnsResolver* const resolver = connection_.context().resolver.get();
  if (resolver == nullptr) {
    return Fail(core::Reason::kDns, "shutting down");
  }
  query_ = resolver->Resolve(url_.host, [this](DnsResolver::Answer answer) { OnResolved(std::move(answer)); });
}

void DialAttempt::OnResolved(DnsResolver::Answer answer) {
  query_.reset();
  if (!answer.ok()) {
    return Fail(core::Reason::kDns, std::string(answer.status().message()));
  }
  const boost::intrusive_ptr<Connection> alive(&connection_);
  EndPhase();
  if (alive->dial() == this) {
    Connect(*answer);
  }
}

void DialAttempt::Connect(const std::vector<boost::asio::ip::address>& addresses) {
  BeginPhase(core::Phase::kConnect, spec_->connect.timeouts.connect);
  std::vector<Tcp::endpoint> endpoints;
  endpoints.reserve(addresses.size());
  for (const auto& address : addresses) {
    endpoints.emplace_back(address, url_.port);
  }
  LoopContext& context = connection_.context();
  race_ = AddressRace::Make(context.io, *context.options.guard, context.dialer,
                            {.tenant = tenant_, .host = url_.host, .port = url_.port}, endpoints,
                            [this](AddressRace::Outcome outcome) { OnConnected(std::move(outcome)); });
  race_->Start();
}

void DialAttempt::OnConnected(AddressRace::Outcome outcome) {
  // Kept until this returns: it is the race that calls.
  const std::shared_ptr<AddressRace> finished = std::move(race_);
  if (outcome.socket == nullptr) {
    return Fail(std::move(outcome.failure));
  }
  peer_address_ = FormatEndpoint(outcome.endpoint);
  const boost::intrusive_ptr<Connection> alive(&connection_);
  EndPhase();
  if (alive->dial() != this) {
    return;
  }
  if (url_.tls) {
    StartTls(std::move(*outcome.socket));
  } else {
    connection_.set_stream(MakePlainStream(connection_, std::move(*outcome.socket)));
    StartUpgrade();
  }
}

void DialAttempt::StartTls(CountedSocket socket) {
  const core::TlsSpec& tls = spec_->connect.tls;
  auto context = connection_.context().tls_contexts.Get(tls);
  if (!context.ok()) {
    return Fail(core::Reason::kSecret, std::string(context.status().message()));
  }
  BeginPhase(core::Phase::kTls, spec_->connect.timeouts.tls);
  const TlsPeer peer{.name = tls.server_name.empty() ? url_.host : tls.server_name,
                     .verify = !tls.insecure_skip_verify};
  connection_.set_stream(MakeTlsStream(connection_, std::move(socket), **context, peer));
  connection_.stream()->StartTls();
}

void DialAttempt::OnTlsDone(core::DialFailure failure) {
  if (failure.reason != core::Reason::kNone) {
    return Fail(std::move(failure));
  }
  const boost::intrusive_ptr<Connection> alive(&connection_);
  EndPhase();
  if (alive->dial() == this) {
    StartUpgrade();
  }
}

void DialAttempt::StartUpgrade() {
  BeginPhase(core::Phase::kUpgrade, spec_->connect.timeouts.upgrade);
  connection_.stream()->StartUpgrade(request_);
}

void DialAttempt::OnUpgradeDone(core::DialFailure failure, std::string subprotocol) {
  if (failure.reason != core::Reason::kNone) {
    return Fail(std::move(failure));
  }
  const boost::intrusive_ptr<Connection> alive(&connection_);
  EndPhase();
  if (alive->dial() == this) {
    connection_.OnOpened({.peer_address = std::move(peer_address_),
                          .subprotocol = std::move(subprotocol),
                          .tls_expiry = connection_.stream()->TlsExpiry(),
                          .secrets = std::move(secrets_)});
  }
}

void DialAttempt::BeginPhase(core::Phase phase, Duration timeout) {
  phase_ = phase;
  phase_began_ = connection_.context().options.clock->Now();
  deadline_.expires_after(timeout);
  deadline_.async_wait(
      [alive = boost::intrusive_ptr<Connection>(&connection_), this, phase](const boost::system::error_code& error) {
        // A wait that had expired before it was cancelled still ends well: then the phase has passed.
        if (!error && alive->dial() == this && phase_ == phase) {
          OnDeadline();
        }
      });
}

void DialAttempt::EndPhase() {
  deadline_.cancel();
  connection_.OnPhase(phase_, connection_.context().options.clock->Now() - phase_began_);
}

void DialAttempt::OnDeadline() {
  switch (phase_) {
    case core::Phase::kDns:
      return Fail(core::Reason::kDns, fmt::format("{}: no answer in time", url_.host));
    case core::Phase::kConnect:
      return Fail(race_->TimedOut());
    case core::Phase::kTls:
      return Fail(core::Reason::kTlsTimeout, "the peer did not finish the TLS handshake in time");
    case core::Phase::kUpgrade:
      return Fail(core::Reason::kUpgradeTimeout, "the peer did not answer the upgrade in time");
  }
}

void DialAttempt::Fail(core::Reason reason, std::string detail) {
  Fail(core::DialFailure{.reason = reason, .detail = std::move(detail), .http_status = 0, .retry_after = {}});
}

void DialAttempt::Fail(core::DialFailure failure) { connection_.OnDialFailed(std::move(failure)); }

}  // namespace holter::transport
