// What was declared, checked and compiled. Built by spec/ from the proto; core trusts it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "core/dialect_spec.h"
#include "core/duration_expression.h"
#include "core/extractor.h"
#include "core/matcher.h"
#include "core/message_template.h"
#include "core/variable.h"

namespace holter::core {

// How soon to come back after a loss.
enum class RetryClass : uint8_t { kAtOnce, kBackOff, kSlow, kNever };

// A header of the upgrade; the value may hold ${secret:name/key}.
struct HeaderSpec {
  std::string name;
  std::string value;
};

enum class TlsVersion : uint8_t { kTls12, kTls13 };

// References are "name/key", empty when not declared.
struct TlsSpec {
  std::string ca_secret;
  std::string client_cert_secret;
  std::string client_key_secret;
  std::string server_name;  // empty: the URL's host
  bool insecure_skip_verify = false;
  TlsVersion min_version = TlsVersion::kTls12;

  friend bool operator==(const TlsSpec&, const TlsSpec&) = default;
};

// Deadlines of an attempt's phases; each runs from the phase's own start.
struct PhaseTimeouts {
  Duration dns = std::chrono::seconds(5);
  Duration connect = std::chrono::seconds(10);
  Duration tls = std::chrono::seconds(10);
  Duration upgrade = std::chrono::seconds(10);
  Duration close = std::chrono::seconds(2);
};

// All that transport needs besides the URL.
struct ConnectSpec {
  std::vector<HeaderSpec> headers;
  std::vector<std::string> subprotocols;
  TlsSpec tls;
  PhaseTimeouts timeouts;
  size_t max_message_bytes = size_t{1} << 20;
};

// What proves life on the protocol layer.
enum class PongRule : uint8_t { kExactEcho, kAnyPong, kAnyInbound };

// What the interval of a heartbeat is counted from.
enum class CadenceMode : uint8_t { kFixed, kIdleSent, kIdleReceived, kIdle, kAfterAnswer };

// When a heartbeat is due and when it is missed. Late is counted from the moment of being due, not from the write.
struct Cadence {
  Duration interval = std::chrono::seconds(20);
  Duration timeout = std::chrono::seconds(20);
  Duration first_delay = Duration::zero();  // from open, or from the end of the open script
  int misses_allowed = 0;
  int max_outstanding = 128;
  CadenceMode mode = CadenceMode::kFixed;
  // The first interval is cut by a random part, so that sessions which opened together do not beat together.
  bool spread = true;
  // What stays unanswered is sent again at once with so long to the answer, and so on; then it is missed.
  std::vector<Duration> retries = {};

  friend bool operator==(const Cadence&, const Cadence&) = default;
};

// The durations of a cadence that are computed from the session's variables.
struct ComputedCadence {
  DurationExpression interval;
  DurationExpression timeout;
  DurationExpression first_delay;

  friend bool operator==(const ComputedCadence&, const ComputedCadence&) = default;
};

struct ProtocolHeartbeatSpec {
  bool active = true;  // false: no ping is ever sent, by anybody
  Cadence cadence;
  std::optional<ComputedCadence> computed;  // of `cadence` what is computed
  MessageTemplate payload;                  // text, at most 125 bytes expanded; "${seq}" by default
  PongRule answer = PongRule::kExactEcho;

  friend bool operator==(const ProtocolHeartbeatSpec&, const ProtocolHeartbeatSpec&) = default;
};

// Where the echo of a variable stands in an answer, and which variable it is.
struct Correlation {
  Extractor place;
  Variable variable = Variable::kSeq;
  bool at_least = false;  // a number: answers all beats up to it

  friend bool operator==(const Correlation&, const Correlation&) = default;
};

struct BeatSpec {
  std::string name;
  Cadence cadence{.interval = std::chrono::seconds(30), .timeout = std::chrono::seconds(10)};
  std::optional<ComputedCadence> computed;
  MessageTemplate send;
  std::optional<Matcher> expect;  // none: keepalive only, no verdict
  std::optional<Correlation> correlate;
  std::optional<Matcher> refused;  // an answer that says no

  friend bool operator==(const BeatSpec&, const BeatSpec&) = default;
};

// Attempt n waits min(first_delay * factor^n, max_delay) * U[1 - jitter, 1 + jitter].
struct ReconnectSpec {
  Duration first_delay = std::chrono::seconds(1);
  double factor = 2.0;
  Duration max_delay = std::chrono::minutes(1);
  double jitter = 0.5;
  Duration stable_after = std::chrono::seconds(30);
  Duration retry_after_max = std::chrono::minutes(10);  // zero: Retry-After is ignored
};

// A range of close codes or of HTTP statuses, both ends in it.
struct CloseRule {
  enum class Kind : uint8_t { kCloseCode, kHttpStatus } kind = Kind::kCloseCode;
  uint16_t first = 0;
  uint16_t last = 0;
  RetryClass then = RetryClass::kBackOff;
};

struct ClosePolicySpec {
  std::vector<CloseRule> rules;  // the first that fits decides; else the table in retry_policy.h
  uint16_t on_dead_code = 4000;
  std::string on_dead_reason;  // empty: what was unanswered
  bool on_dead_abort = false;  // no close frame
};

// The part of a spec that many sessions share; interned by the registry, immutable.
struct SharedSpec {
  ConnectSpec connect;
  ProtocolHeartbeatSpec protocol;
  std::vector<BeatSpec> beats;
  DialectSpec dialect;
  ReconnectSpec reconnect;
  ClosePolicySpec close;
};

// A session's spec: what it shares, and what is its own.
struct SessionSpec {
  std::string url;  // valid by core/url.h
  std::shared_ptr<const SharedSpec> shared;
  std::shared_ptr<const ParameterList> parameters = nullptr;  // null: none
  bool paused = false;                                        // held without a connection
  uint32_t tenant = 0;                                        // of TenantNumbers
  BeatVariables drawn = {};  // of one dial: what ${uuid} … stand for in URL and headers
};

}  // namespace holter::core
