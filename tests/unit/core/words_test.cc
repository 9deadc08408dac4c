#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/reason.h"
#include "core/session_event.h"
#include "core/session_status.h"

namespace holter::core {
namespace {

TEST(Words, ReasonsAreDistinctLowerCaseWords) {
  std::set<std::string> seen;
  for (int i = 0; i < kReasonCount; ++i) {
    const std::string word(Word(static_cast<Reason>(i)));
    EXPECT_FALSE(word.empty()) << i;
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << word;
    EXPECT_TRUE(seen.insert(word).second) << word;
  }
}

TEST(Words, ReasonsAreThoseOfTheMetrics) {
  EXPECT_EQ(Word(Reason::kNone), "none");
  EXPECT_EQ(Word(Reason::kDns), "dns");
  EXPECT_EQ(Word(Reason::kConnectRefused), "connect_refused");
  EXPECT_EQ(Word(Reason::kTlsTimeout), "tls_timeout");
  EXPECT_EQ(Word(Reason::kUpgradeStatus), "upgrade_status");
  EXPECT_EQ(Word(Reason::kUpgradeTimeout), "upgrade_timeout");
  EXPECT_EQ(Word(Reason::kProtocolHeartbeat), "protocol_heartbeat");
  EXPECT_EQ(Word(Reason::kAppHeartbeat), "app_heartbeat");
  EXPECT_EQ(Word(Reason::kPeerReset), "peer_reset");
  EXPECT_EQ(Word(Reason::kWriteStalled), "write_stalled");
  EXPECT_EQ(Word(Reason::kMessageTooBig), "message_too_big");
  EXPECT_EQ(Word(Reason::kLocalResource), "local_resource");
  EXPECT_EQ(Word(Reason::kOperator), "operator");
  EXPECT_EQ(Word(Reason::kShutdown), "shutdown");
}

TEST(Words, Paths) {
  EXPECT_EQ(Word(Path::kUnknown), "unknown");
  EXPECT_EQ(Word(Path::kNetwork), "network");
  EXPECT_EQ(Word(Path::kPeer), "peer");
  EXPECT_EQ(Word(Path::kLocal), "local");
}

TEST(Words, StatesHealthsVerdictsAndPhases) {
  EXPECT_EQ(Word(State::kConnecting), "connecting");
  EXPECT_EQ(Word(State::kOpen), "open");
  EXPECT_EQ(Word(State::kBackoff), "backoff");
  EXPECT_EQ(Word(State::kStopped), "stopped");
  EXPECT_EQ(Word(State::kPaused), "paused");
  EXPECT_EQ(Word(Health::kUnknown), "unknown");
  EXPECT_EQ(Word(Health::kHealthy), "healthy");
  EXPECT_EQ(Word(Health::kDegraded), "degraded");
  EXPECT_EQ(Word(Health::kDown), "down");
  EXPECT_EQ(Word(Verdict::kUnknown), "unknown");
  EXPECT_EQ(Word(Verdict::kAlive), "alive");
  EXPECT_EQ(Word(Verdict::kLate), "late");
  EXPECT_EQ(Word(Verdict::kDead), "dead");
  EXPECT_EQ(Word(Verdict::kKeepaliveOnly), "keepalive_only");
  EXPECT_EQ(Word(Phase::kDns), "dns");
  EXPECT_EQ(Word(Phase::kConnect), "connect");
  EXPECT_EQ(Word(Phase::kTls), "tls");
  EXPECT_EQ(Word(Phase::kUpgrade), "upgrade");
}

}  // namespace
}  // namespace holter::core
