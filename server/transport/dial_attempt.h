// Brings a connection from nothing to open: secrets, DNS, connect, TLS, upgrade, each under its own deadline.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/session_event.h"
#include "core/session_spec.h"
#include "core/url.h"
#include "transport/dns_resolver.h"
#include "transport/happy_eyeballs.h"
#include "transport/ws_stream.h"

namespace holter::transport {

class Connection;

// Owned by its connection until it has opened or failed; destroying it cancels it. It ends in Connection::OnDialFailed
// or OnOpened, in which it is destroyed: nothing of it is touched afterwards.
class DialAttempt {
 public:
  DialAttempt(Connection& connection, core::SessionSpec session);

  // From the loop, not from within Dial.
  void Start();

  // An empty failure (kNone) means that the step is done.
  void OnTlsDone(core::DialFailure failure);
  void OnUpgradeDone(core::DialFailure failure, std::string subprotocol);

 private:
  void Resolve();
  void OnResolved(DnsResolver::Answer answer);
  void Connect(const std::vector<boost::asio::ip::address>& addresses);
  void OnConnected(AddressRace::Outcome outcome);
  void StartTls(CountedSocket socket);
  void StartUpgrade();
  // What the session's variables stand for: in the URL, in headers, and the secrets for the session's machine.
  absl::Status ReadSecrets();
  std::string ExpandUrl() const;
  // The text with references to secrets in it.
  std::string ExpandParameters(std::string_view text) const;
  // The value of ${uuid}, ${unix_ms} …, the same in the URL and all headers.
  std::optional<std::string> DrawnValue(std::string_view name) const;
  absl::Status ExpandHeaders();

  void BeginPhase(core::Phase phase, Duration timeout);
  void EndPhase();
  void OnDeadline();
  void Fail(core::Reason reason, std::string detail);
  void Fail(core::DialFailure failure);

  Connection& connection_;
  const std::string url_text_;
  const std::shared_ptr<const core::SharedSpec> spec_;
  const std::shared_ptr<const core::ParameterList> parameters_;
  const uint32_t tenant_;
  const core::BeatVariables drawn_;
  core::Url url_;
  UpgradeRequest request_;
  core::Phase phase_ = core::Phase::kDns;
  TimePoint phase_began_{};
  boost::asio::steady_timer deadline_;
  std::unique_ptr<DnsResolver::Query> query_;
  std::shared_ptr<AddressRace> race_;
  std::string peer_address_;
  std::vector<std::pair<size_t, Secret>> secrets_;  // by slot
};

}  // namespace holter::transport
