// Peers that are there and do not do what they should, seen from outside: on Watch, in statuses, on /metrics.
#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <atomic>

#include "tests/integration/fixture.h"
#include "tests/support/misbehaving_peer.h"

namespace holter::integration {
namespace {

using holter::testing::ClosePayload;
using holter::testing::MisbehavingPeer;
using holter::testing::Opcode;
using holter::testing::PeerConnection;
using holter::testing::Script;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
namespace scripts = holter::testing::scripts;

constexpr milliseconds kCloseGrace{1000};

// A connection that came about and was lost.
struct Life {
  v1::SessionChange opened;
  v1::SessionChange lost;

  milliseconds length() const {
    return std::chrono::duration_cast<milliseconds>(ToTime(lost.time()) - ToTime(opened.time()));
  }
};

class MisbehaviourTest : public EndToEndTest {
 protected:
  void SetUp() override {
    StartDaemon();
    recorder_ = std::make_unique<ChangeRecorder>(*client);
    EXPECT_TRUE(Await([&] { return !recorder_->All().empty(); }));
  }

  // A ping every 100 ms that has 300 ms, and quick reconnects; `json` is merged over it.
  void Declare(const std::string& id, const MisbehavingPeer& peer, const std::string& json = "{}") {
    v1::Session session;
    session.set_name(NameOf(id));
    v1::SessionSpec& spec = *session.mutable_spec();
    spec.set_url(peer.url());
    spec.mutable_protocol_heartbeat()->set_interval("100ms");
    spec.mutable_protocol_heartbeat()->set_timeout("300ms");
    spec.mutable_reconnect()->set_first_delay("50ms");
    spec.mutable_reconnect()->set_max_delay("200ms");
    spec.mutable_timeouts()->set_close(fmt::format("{}ms", kCloseGrace.count()));
    v1::SessionSpec more;
    const auto parsed = google::protobuf::util::JsonStringToMessage(json, &more);
    ASSERT_TRUE(parsed.ok()) << parsed.ToString();
    spec.MergeFrom(more);
    const auto created = client->Create(session);
    ASSERT_TRUE(created.ok()) << created.status();
  }

  std::vector<Life> LivesOf(const std::string& id) const {
    std::vector<Life> lives;
    bool open = false;
    for (const v1::SessionChange& change : recorder_->Of(NameOf(id))) {
      if (change.kind() != v1::SessionChange::KIND_TRANSITION) continue;
      const v1::State state = change.session().status().state();
      if (state == v1::STATE_OPEN && !open) lives.push_back({change, {}});
      if (state != v1::STATE_OPEN && open) lives.back().lost = change;
      open = state == v1::STATE_OPEN;
    }
    if (open) lives.pop_back();
    return lives;
  }
  std::vector<Life> AwaitLives(const std::string& id, size_t count) const {
    EXPECT_TRUE(Await([&] { return LivesOf(id).size() >= count; })) << recorder_->failure();
    return LivesOf(id);
  }
  bool WasEver(const std::string& id, v1::Health health) const {
    const std::vector<v1::SessionChange> changes = recorder_->Of(NameOf(id));
    return std::any_of(changes.begin(), changes.end(),
                       [&](const auto& change) { return change.session().status().health() == health; });
  }
  // None is declared dead too early. A busy machine may be late with one, but not with all.
  static void ExpectDeadAfter(milliseconds due, const std::vector<Life>& lives) {
    constexpr milliseconds rounding(1);
    ASSERT_FALSE(lives.empty());
    auto least = milliseconds::max();
    for (const Life& life : lives) {
      EXPECT_GE(life.length(), due - rounding);
      least = std::min(least, life.length());
    }
    EXPECT_LE(least, due + milliseconds(50));
  }

  std::unique_ptr<ChangeRecorder> recorder_;
};

TEST_F(MisbehaviourTest, ASilentPeerIsDownWhenItsAnswerIsDueAndNeverHealthyThoughItAcceptsEveryReconnect) {
  const MisbehavingPeer peer(scripts::Silent());
  Declare("zombie", peer);
  const std::vector<Life> lives = AwaitLives("zombie", 5);
  ExpectDeadAfter(milliseconds(300), lives);
  EXPECT_EQ(lives[0].opened.session().status().health(), v1::HEALTH_UNKNOWN);
  for (const Life& life : lives) {
    const v1::SessionStatus& lost = life.lost.session().status();
    EXPECT_EQ(lost.health(), v1::HEALTH_DOWN);
    EXPECT_EQ(lost.reason(), v1::REASON_PROTOCOL_HEARTBEAT);
    EXPECT_EQ(lost.path(), v1::PATH_PEER);
  }
  for (size_t i = 1; i < lives.size(); ++i) {
    EXPECT_EQ(lives[i].opened.session().status().health(), v1::HEALTH_DOWN) << "until the first answer";
  }
  EXPECT_FALSE(WasEver("zombie", v1::HEALTH_HEALTHY));
  const v1::SessionStatus status = StatusOf("zombie");
  EXPECT_EQ(status.traffic().bytes_in(), 0);
  EXPECT_EQ(status.beats(0).acked(), 0);
  EXPECT_GE(status.beats(0).missed(), 5) << "one miss each";
  EXPECT_EQ(Largest("holter_session_up"), 0);
}

TEST_F(MisbehaviourTest, ADeadSessionIsGoneWithinTheCloseGrace) {
  const MisbehavingPeer peer(scripts::Silent());
  Declare("zombie", peer, R"({"reconnect": {"firstDelay": "60s", "maxDelay": "60s"}})");
  AwaitLives("zombie", 1);
  const auto lost = steady_clock::now();
  EXPECT_TRUE(Await([&] { return Largest("holter_open_files") == 0; }));
  EXPECT_LT(steady_clock::now() - lost, kCloseGrace + milliseconds(100));
}

TEST_F(MisbehaviourTest, APeerThatStopsReadingIsCaughtWhileWritesQueueUp) {
  const MisbehavingPeer peer(scripts::StopsReading());
  std::string beats;
  for (int i = 0; i < 8; ++i) {
    beats += fmt::format(R"({}{{"name": "bulk-{}", "interval": "50ms", "timeout": "400ms", "send": {{"text": "{}"}},
                         "expect": {{"text": "pong"}}}})",
                         i == 0 ? "" : ", ", i, std::string(4096, 'x'));
  }
  Declare("deaf", peer, R"({"protocolHeartbeat": {"mode": "MODE_OFF"}, "beats": [)" + beats + "]}");
  const std::vector<Life> lives = AwaitLives("deaf", 3);
  ExpectDeadAfter(milliseconds(400), lives);
  for (const Life& life : lives) {
    const v1::Reason reason = life.lost.session().status().reason();
    EXPECT_TRUE(reason == v1::REASON_APP_HEARTBEAT || reason == v1::REASON_WRITE_STALLED)
        << life.lost.ShortDebugString();
  }
}

TEST_F(MisbehaviourTest, AcceptThenCloseDoesNotLoopHot) {
  const MisbehavingPeer peer(scripts::AcceptsThenCloses(1000));
  const auto begin = steady_clock::now();
  Declare("bouncer", peer, R"({"reconnect": {"firstDelay": "100ms", "maxDelay": "10s", "jitter": 0}})");
  // 100, 200, 400 ms.
  EXPECT_TRUE(Await([&] { return peer.connections() >= 4; }));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(690));
  EXPECT_EQ(StatusOf("bouncer").last_close_code(), 1000);
  EXPECT_FALSE(WasEver("bouncer", v1::HEALTH_HEALTHY));
}

// The answer to its close frame is not overtaken by the end of the connection.
TEST_F(MisbehaviourTest, APeerThatClosesHearsOurCloseFrameAndAnEndWithoutReset) {
  const holter::testing::TestAuthority authority;
  std::atomic<int> answered = 0;
  std::atomic<int> ended = 0;
  std::atomic<int> reset = 0;
  const Script closes = [&](PeerConnection& connection) {
    if (!connection.Upgrade() || !connection.SendFrame(Opcode::kClose, ClosePayload(4001))) return;
    connection.Pause(milliseconds(20));  // busy with something else while the answer comes in
    while (const auto frame = connection.ReadFrame()) {
      if (frame->opcode != Opcode::kClose) continue;
      if (frame->close_code() == 4001) ++answered;
      break;
    }
    ++(connection.Send("x") ? ended : reset);
    connection.Shutdown();
    connection.AwaitEnd();
  };
  const MisbehavingPeer plain(closes);
  const MisbehavingPeer tls(closes, authority.Issue());
  Declare("plain", plain);
  Declare("tls", tls, R"({"tls": {"insecureSkipVerify": true}})");
  EXPECT_TRUE(Await([&] { return plain.connections() >= 10 && tls.connections() >= 10; }));
  EXPECT_GE(answered, 18);
  EXPECT_GE(ended, 18);
  EXPECT_EQ(reset, 0);
}

TEST_F(MisbehaviourTest, CloseHandshakesThatNeverFinishCostNoDescriptor) {
  constexpr int kSessions = 20;
  const MisbehavingPeer peer(scripts::NeverFinishesClose());
  const auto id = [](int i) { return fmt::format("sticky-{}", i); };
  for (int i = 0; i < kSessions; ++i) Declare(id(i), peer);
  for (int i = 0; i < kSessions; ++i) {
    EXPECT_TRUE(Await([&] { return StatusOf(id(i)).health() == v1::HEALTH_HEALTHY; }));
  }
  EXPECT_TRUE(Await([&] { return Largest("holter_open_files") == kSessions; }));
  for (int i = 0; i < kSessions; ++i) EXPECT_TRUE(client->Delete(NameOf(id(i))).ok());
  const auto last = steady_clock::now();
  EXPECT_TRUE(Await([&] { return Largest("holter_open_files") == 0; }));
  EXPECT_LT(steady_clock::now() - last, kCloseGrace + milliseconds(500));
}

// Answers a ping with each of `pongs`; "=" stands for the right one.
Script Answers(std::vector<std::string> pongs, int unasked = 0) {
  return [pongs = std::move(pongs), unasked](PeerConnection& connection) {
    if (!connection.Upgrade()) return;
    for (int i = 0; i < unasked; ++i) connection.SendFrame(Opcode::kPong, "");
    while (const auto frame = connection.ReadFrame()) {
      for (const std::string& pong : pongs) connection.SendFrame(Opcode::kPong, pong == "=" ? frame->payload : pong);
    }
  };
}

TEST_F(MisbehaviourTest, PongsAreCountedAsWhatTheyAre) {
  const MisbehavingPeer empty(Answers({""}));
  const MisbehavingPeer foreign(Answers({"not yours", "="}));
  const MisbehavingPeer repeated(Answers({"=", "="}));
  const MisbehavingPeer late(scripts::SlowPongs(milliseconds(250)));
  const MisbehavingPeer unsolicited(Answers({"="}, 3));
  // They have time enough: only what is late is to be missed.
  const std::string patient = R"({"protocolHeartbeat": {"timeout": "10s"}})";
  Declare("empty", empty);
  Declare("foreign", foreign, patient);
  Declare("repeated", repeated, patient);
  Declare("late", late, R"({"protocolHeartbeat": {"interval": "2s", "timeout": "50ms", "missesAllowed": 100}})");
  Declare("unsolicited", unsolicited, R"({"protocolHeartbeat": {"firstDelay": "300ms", "timeout": "10s"}})");
  const auto count = [&](const std::string& id, int64_t (v1::BeatStatus::*counter)() const) -> int64_t {
    const v1::SessionStatus status = StatusOf(id);
    return status.beats_size() == 0 ? 0 : (status.beats(0).*counter)();
  };
  EXPECT_TRUE(Await([&] { return count("empty", &v1::BeatStatus::foreign) >= 1; }));
  EXPECT_TRUE(Await([&] { return count("empty", &v1::BeatStatus::missed) >= 1; }));
  EXPECT_EQ(count("empty", &v1::BeatStatus::acked), 0);
  EXPECT_FALSE(WasEver("empty", v1::HEALTH_HEALTHY));

  EXPECT_TRUE(Await([&] { return count("foreign", &v1::BeatStatus::foreign) >= 2; }));
  EXPECT_EQ(StatusOf("foreign").health(), v1::HEALTH_HEALTHY);
  EXPECT_EQ(count("foreign", &v1::BeatStatus::duplicate), 0);

  EXPECT_TRUE(Await([&] { return count("repeated", &v1::BeatStatus::duplicate) >= 3; }));
  EXPECT_EQ(StatusOf("repeated").health(), v1::HEALTH_HEALTHY);
  EXPECT_EQ(count("repeated", &v1::BeatStatus::foreign), 0);

  EXPECT_TRUE(Await([&] { return count("late", &v1::BeatStatus::late) >= 1; }));
  EXPECT_EQ(count("late", &v1::BeatStatus::acked), 0);
  EXPECT_FALSE(WasEver("late", v1::HEALTH_HEALTHY));

  EXPECT_TRUE(Await([&] { return StatusOf("unsolicited").health() == v1::HEALTH_HEALTHY; }));
  EXPECT_EQ(count("unsolicited", &v1::BeatStatus::unsolicited), 3);
  for (const char* const id : {"foreign", "repeated", "unsolicited"}) {
    EXPECT_EQ(count(id, &v1::BeatStatus::missed), 0) << id;
    EXPECT_EQ(StatusOf(id).reconnects(), 0) << id;
  }
  for (const char* const kind : {"foreign", "duplicate", "late", "unsolicited"}) {
    EXPECT_GE(Largest(fmt::format("holter_heartbeats_{}_total", kind)), 1) << kind;
  }
}

TEST_F(MisbehaviourTest, AMessageThatDripsInKeepsThePolicyThatCountsBytesAliveAndNoOther) {
  // 1 MiB over 1.6 s, and not a pong before its end.
  const Script drips = scripts::Drips(size_t{1} << 20, 32, milliseconds(50));
  const MisbehavingPeer counted(drips);
  const MisbehavingPeer strict(drips);
  Declare("counted", counted,
          R"({"protocolHeartbeat": {"answer": "ANSWER_ANY_INBOUND"}, "limits": {"messageBytes": 2097152}})");
  Declare("strict", strict, R"({"limits": {"messageBytes": 2097152}})");
  const std::vector<Life> lives = AwaitLives("strict", 1);
  EXPECT_EQ(lives[0].lost.session().status().reason(), v1::REASON_PROTOCOL_HEARTBEAT);
  EXPECT_TRUE(Await([&] { return StatusOf("counted").traffic().messages_in() >= 1; }));
  EXPECT_GE(StatusOf("counted").traffic().bytes_in(), 1 << 20);
  EXPECT_EQ(StatusOf("counted").reconnects(), 0);
  EXPECT_EQ(StatusOf("counted").health(), v1::HEALTH_HEALTHY);
  EXPECT_FALSE(WasEver("counted", v1::HEALTH_DOWN));
}

}  // namespace
}  // namespace holter::integration
