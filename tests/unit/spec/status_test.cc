#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "spec/convert.h"
#include "tests/unit/spec/spec_text.h"

namespace holter::spec {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Words and numbers of the proto's enum are those of core, as far as core goes.
template <typename CoreEnum>
void ExpectSameWords(const google::protobuf::EnumDescriptor& type, const std::string& prefix, const std::string& zero) {
  for (int i = 0; i < type.value_count(); ++i) {
    const auto& value = *type.value(i);
    if (value.number() == 0 && zero.empty()) {
      continue;  // core has no such value
    }
    const std::string word(Word(static_cast<CoreEnum>(value.number())));
    EXPECT_EQ(value.number() == 0 ? zero : Lower(value.name().substr(prefix.size())), word) << value.name();
  }
}

TEST(EnumTest, NumbersAndWordsOfProtoAndCoreAreTheSame) {
  ExpectSameWords<core::State>(*v1::State_descriptor(), "STATE_", "");
  ExpectSameWords<core::Health>(*v1::Health_descriptor(), "HEALTH_", "");
  ExpectSameWords<core::Reason>(*v1::Reason_descriptor(), "REASON_", "none");
  ExpectSameWords<core::Path>(*v1::Path_descriptor(), "PATH_", "unknown");
  ExpectSameWords<core::Verdict>(*v1::BeatStatus::Verdict_descriptor(), "VERDICT_", "");
  EXPECT_EQ(v1::Reason_descriptor()->value_count(), core::kReasonCount);
  EXPECT_EQ(v1::Path_descriptor()->value_count(), core::kPathCount);
  EXPECT_EQ(v1::State_descriptor()->value_count(), 6);
  EXPECT_EQ(v1::Health_descriptor()->value_count(), 5);
  EXPECT_EQ(v1::BeatStatus::Verdict_descriptor()->value_count(), 6);
}

TEST(EnumTest, ToProtoKeepsTheNumber) {
  EXPECT_EQ(ToProto(core::State::kBackoff), v1::STATE_BACKOFF);
  EXPECT_EQ(ToProto(core::Health::kDegraded), v1::HEALTH_DEGRADED);
  EXPECT_EQ(ToProto(core::Reason::kShutdown), v1::REASON_SHUTDOWN);
  EXPECT_EQ(ToProto(core::Path::kLocal), v1::PATH_LOCAL);
}

class StatusToProtoTest : public ::testing::Test {
 protected:
  v1::SessionStatus Convert() const {
    v1::SessionStatus out;
    out.set_detail("left over");
    StatusToProto(status_, now_, wall_, &out);
    return out;
  }

  const TimePoint now_{seconds(1000)};
  const WallTime wall_{seconds(1'700'000'000)};
  core::SessionStatus status_;
};

TEST_F(StatusToProtoTest, Everything) {
  status_.state = core::State::kBackoff;
  status_.health = core::Health::kDown;
  status_.reason = core::Reason::kAppHeartbeat;
  status_.path = core::Path::kPeer;
  status_.detail = "op-ping stayed unanswered";
  status_.state_since = now_ - seconds(10);
  status_.health_since = now_ - milliseconds(1500);
  status_.last_alive = now_ - seconds(40);
  status_.next_attempt = now_ + seconds(2);
  status_.attempts = 3;
  status_.reconnects = 4;
  status_.tcp_rtt = core::TcpRtt{.min = milliseconds(1), .smoothed = milliseconds(1501)};
  status_.beats.push_back(
      {.name = "protocol",
       .verdict = core::Verdict::kAlive,
       .last_rtt = milliseconds(12),
       .last_ack = now_ - seconds(1),
       .misses = 1,
       .counters = {.sent = 2, .acked = 3, .missed = 4, .late = 5, .foreign = 6, .duplicate = 7, .unsolicited = 8}});
  status_.beats.push_back({.name = "op-ping",
                           .verdict = core::Verdict::kDead,
                           .last_rtt = {},
                           .last_ack = {},
                           .misses = 0,
                           .counters = {}});
  status_.peer_address = "192.0.2.1:443";
  status_.subprotocol = "v1";
  status_.tls_expiry = WallTime(seconds(1'800'000'000));
  status_.traffic = {.messages_in = 1, .messages_out = 2, .bytes_in = 3, .bytes_out = 4};
  status_.last_close_code = 4001;
  status_.last_http_status = 503;
  status_.values = {{"session_id", "AQoQ"}};
  const auto expected = FromText<v1::SessionStatus>(R"(
    state: STATE_BACKOFF health: HEALTH_DOWN reason: REASON_APP_HEARTBEAT path: PATH_PEER
    detail: "op-ping stayed unanswered"
    state_time { seconds: 1699999990 } health_time { seconds: 1699999998 nanos: 500000000 }
    last_alive_time { seconds: 1699999960 } next_attempt_time { seconds: 1700000002 }
    attempts: 3 reconnects: 4 tcp_rtt { min { nanos: 1000000 } smoothed { seconds: 1 nanos: 501000000 } }
    beats { name: "protocol" verdict: VERDICT_ALIVE last_rtt { nanos: 12000000 } last_ack_time { seconds: 1699999999 }
            misses: 1 sent: 2 acked: 3 missed: 4 late: 5 foreign: 6 duplicate: 7 unsolicited: 8 }
    beats { name: "op-ping" verdict: VERDICT_DEAD }
    peer_address: "192.0.2.1:443" subprotocol: "v1" tls_expiry_time { seconds: 1800000000 }
    traffic { messages_in: 1 messages_out: 2 bytes_in: 3 bytes_out: 4 }
    last_close_code: 4001 last_http_status: 503 values { key: "session_id" value: "AQoQ" })");
  EXPECT_EQ(Convert().DebugString(), expected.DebugString());
}

TEST_F(StatusToProtoTest, WhatIsNotKnownIsNotSet) {
  const v1::SessionStatus out = Convert();
  EXPECT_TRUE(out.detail().empty());
  EXPECT_FALSE(out.has_last_alive_time());
  EXPECT_FALSE(out.has_next_attempt_time());
  EXPECT_FALSE(out.has_tcp_rtt());
  EXPECT_FALSE(out.has_tls_expiry_time());
}

TEST_F(StatusToProtoTest, NextAttemptOnlyInBackoff) {
  status_.next_attempt = now_ + seconds(2);
  status_.state = core::State::kOpen;
  EXPECT_FALSE(Convert().has_next_attempt_time());
}

TEST_F(StatusToProtoTest, TimesAreWholeMillisecondsAlsoBeforeTheEpoch) {
  status_.state_since = now_ - Duration(1);
  EXPECT_EQ(Convert().state_time().seconds(), 1'699'999'999);
  EXPECT_EQ(Convert().state_time().nanos(), 999'000'000);
  v1::SessionStatus early;
  StatusToProto(status_, now_, WallTime(Duration(-1)), &early);
  EXPECT_GE(early.state_time().nanos(), 0);
  EXPECT_EQ(early.state_time().seconds(), -1);
}

}  // namespace
}  // namespace holter::spec
