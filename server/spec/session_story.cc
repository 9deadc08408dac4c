#include "spec/session_story.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "base/printable_text.h"
#include "spec/words.h"

namespace holter::spec {
namespace {

// The beats that are judged so, by name; "pings" for the protocol's.
std::string BeatsJudged(const v1::SessionStatus& status, v1::BeatStatus::Verdict verdict) {
  std::string names;
  for (const v1::BeatStatus& beat : status.beats()) {
    if (beat.verdict() != verdict) continue;
    if (!names.empty()) names += " and ";
    names += beat.name() == "protocol" ? "pings" : beat.name();
    if (beat.misses() > 0) names += fmt::format(" ({} missed in a row)", beat.misses());
  }
  return names;
}

// The watchdogs that warn, by name.
std::string WatchdogsThatWarn(const v1::SessionStatus& status) {
  std::vector<std::string_view> names;
  for (const v1::WatchdogStatus& watchdog : status.watchdogs()) {
    if (watchdog.verdict() == v1::BeatStatus::VERDICT_LATE) names.push_back(watchdog.name());
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

std::string Silence(const v1::SessionStatus& status, const char* otherwise) {
  const std::string dead = BeatsJudged(status, v1::BeatStatus::VERDICT_DEAD);
  return "the peer does not answer " + (dead.empty() ? otherwise : dead);
}

std::string Blame(v1::Path path) {
  switch (path) {
    case v1::PATH_NETWORK:
      return "; our bytes were not acknowledged, so it is the network or the machine";
    case v1::PATH_PEER:
      return "; TCP acknowledged our bytes, so it is the program, not the network";
    case v1::PATH_LOCAL:
      return "; holterd itself was starved";
    default:
      return "";
  }
}

std::string LastAlive(const v1::SessionStatus& status, WallTime now) {
  return status.has_last_alive_time() ? "last alive " + Age(ToWallTime(status.last_alive_time()), now) : "never alive";
}

// Of a session that is not down: what the verdict rests on.
std::string Standing(const v1::SessionStatus& status, WallTime now) {
  switch (status.health()) {
    case v1::HEALTH_HEALTHY:
      return "every heartbeat is answered, " + LastAlive(status, now);
    case v1::HEALTH_DEGRADED:
      if (status.reason() == v1::REASON_WATCHDOG) {
        return "not heard in time, or not as it should be: " + WatchdogsThatWarn(status);
      }
      return "missed, but not more often than allowed: " + BeatsJudged(status, v1::BeatStatus::VERDICT_LATE);
    default:
      return status.state() == v1::STATE_OPEN ? "it is connected, and nothing has proved life yet"
                                              : "it is not connected yet, nothing has proved life";
  }
}

std::string BeatLine(const v1::BeatStatus& beat, WallTime now) {
  std::string line = fmt::format("{}: {}, {} sent, {} acked, {} missed", beat.name(), VerdictWord(beat.verdict()),
                                 beat.sent(), beat.acked(), beat.missed());
  if (beat.has_last_rtt()) line += fmt::format(", rtt {} ms", Milliseconds(ToDuration(beat.last_rtt())));
  if (beat.has_last_ack_time()) line += ", answered " + Age(ToWallTime(beat.last_ack_time()), now);
  return line;
}

std::string WatchdogLine(const v1::WatchdogStatus& watchdog, WallTime now) {
  std::string line =
      fmt::format("{}: {}, heard {}", watchdog.name(), VerdictWord(watchdog.verdict()), watchdog.matches());
  if (watchdog.violations() > 0) line += fmt::format(", {} not as they should be", watchdog.violations());
  if (watchdog.has_last_match_time()) line += ", last " + Age(ToWallTime(watchdog.last_match_time()), now);
  return line;
}

}  // namespace

std::string CauseWords(const v1::SessionStatus& status) {
  switch (status.reason()) {
    case v1::REASON_DNS:
      return "the name of its host does not resolve";
    case v1::REASON_CONNECT_REFUSED:
      return "nobody listens at its address, the connection is refused";
    case v1::REASON_CONNECT_TIMEOUT:
      return "no address of its host answers";
    case v1::REASON_UNREACHABLE:
      return "there is no route to its host";
    case v1::REASON_EGRESS_DENIED:
      return "the egress guard of holterd forbids its address";
    case v1::REASON_TLS_UNTRUSTED:
      return "the peer's certificate is not trusted";
    case v1::REASON_TLS_EXPIRED:
      return "the peer's certificate is not valid now";
    case v1::REASON_TLS_NAME:
      return "the peer's certificate is for another name";
    case v1::REASON_TLS_TIMEOUT:
      return "the TLS handshake does not end in time";
    case v1::REASON_TLS_OTHER:
      return "the TLS handshake fails";
    case v1::REASON_UPGRADE_STATUS:
      return fmt::format("the peer answers the upgrade with HTTP status {}", status.last_http_status());
    case v1::REASON_UPGRADE_INVALID:
      return "the peer's answer to the upgrade is no valid one";
    case v1::REASON_UPGRADE_TIMEOUT:
      return "the peer does not answer the upgrade in time";
    case v1::REASON_PROTOCOL_HEARTBEAT:
      return Silence(status, "pings");
    case v1::REASON_APP_HEARTBEAT:
      return Silence(status, "the application's heartbeat");
    case v1::REASON_PEER_CLOSED:
      return fmt::format("the peer closed the connection with code {}", status.last_close_code());
    case v1::REASON_PEER_RESET:
      return "the connection ended without a close frame";
    case v1::REASON_WRITE_STALLED:
      return "the peer stopped reading";
    case v1::REASON_MESSAGE_TOO_BIG:
      return "the peer sent a message larger than limits.message_bytes";
    case v1::REASON_PROTOCOL_ERROR:
      return "the peer breaks RFC 6455";
    case v1::REASON_SECRET:
      return "a secret that it refers to cannot be read";
    case v1::REASON_LOCAL_RESOURCE:
      return "holterd ran out of files, ports or memory";
    case v1::REASON_OPERATOR:
      return "its connection was ended on request";
    case v1::REASON_SHUTDOWN:
      return "holterd is stopping";
    case v1::REASON_OPEN_SCRIPT:
      return "it connects, but what its open script waits for does not come";
    case v1::REASON_WATCHDOG:
      return "what one of its watchdogs waits for does not come, or is not as it should be";
    case v1::REASON_TERMINAL_MESSAGE:
      return "the peer said a word that ends the session";
    case v1::REASON_SEND_BUDGET:
      return "the peer asks more often than limits.sends_per_minute lets us answer";
    case v1::REASON_DECODE:
      return "the peer sends messages that cannot be unpacked";
    case v1::REASON_ENCODE:
      return "a message to send would not be UTF-8, because of a value in it";
    default:
      return "nothing has proved life yet";
  }
}

std::string WhySentence(const std::string& display_name, const v1::Session& session, const StoryTime& time) {
  const v1::SessionStatus& status = session.status();
  const auto since = [&](const google::protobuf::Timestamp& at) {
    return at.seconds() == 0 ? std::string() : fmt::format(" (since {})", TimeIn(time.zone, ToWallTime(at)));
  };
  if (status.state() == v1::STATE_PAUSED) {
    return fmt::format("{} is PAUSED{}: it has no connection until it is resumed.", display_name,
                       since(status.state_time()));
  }
  const std::string head =
      fmt::format("{} is {}{}: ", display_name, HealthWord(status.health()), since(status.health_time()));
  if (status.health() != v1::HEALTH_DOWN) return head + Standing(status, time.now) + ".";
  const char* const ending = status.state() == v1::STATE_STOPPED ? "; its close policy says never again" : "";
  return fmt::format("{}{}{}; {}{}.", head, CauseWords(status), Blame(status.path()), LastAlive(status, time.now),
                     ending);
}

std::vector<std::string> EvidenceLines(const v1::Session& session, const StoryTime& time) {
  const auto told = [&time](const google::protobuf::Timestamp& at) { return TimeIn(time.zone, ToWallTime(at)); };
  const v1::SessionStatus& status = session.status();
  std::vector<std::string> lines;
  lines.push_back("url: " + session.spec().url());
  std::string state = "state: " + StateWord(status.state());
  if (!status.peer_address().empty()) state += ", peer " + status.peer_address();
  if (status.has_state_time()) state += ", since " + told(status.state_time());
  lines.push_back(state);
  if (!status.detail().empty()) lines.push_back("holterd says: " + PrintableText(status.detail()));
  if (status.opening()) lines.push_back("its open script is not done");
  for (const v1::BeatStatus& beat : status.beats()) lines.push_back(BeatLine(beat, time.now));
  for (const v1::WatchdogStatus& watchdog : status.watchdogs()) lines.push_back(WatchdogLine(watchdog, time.now));
  const std::map<std::string_view, std::string_view> values(status.values().begin(), status.values().end());
  for (const auto& [name, text] : values) {
    lines.push_back(fmt::format("{}: ", name));
    AppendJsonString(text, lines.back());  // the peer's words: no control character of theirs reaches a terminal
  }
  if (status.has_tcp_rtt())
    lines.push_back("tcp: least rtt " + Milliseconds(ToDuration(status.tcp_rtt().min())) + " ms");
  if (status.has_tls_expiry_time()) {
    lines.push_back("certificate: valid until " + told(status.tls_expiry_time()));
  }
  if (status.attempts() > 0 || status.reconnects() > 0) {
    lines.push_back(
        fmt::format("attempts since it was stable: {}, connections lost: {}", status.attempts(), status.reconnects()));
  }
  if (status.has_next_attempt_time()) lines.push_back("next attempt: " + told(status.next_attempt_time()));
  return lines;
}

}  // namespace holter::spec
