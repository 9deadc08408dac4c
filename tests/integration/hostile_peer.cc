#include "tests/integration/hostile_peer.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

namespace holter::integration {
namespace {

using holter::testing::EncodeFrame;
using holter::testing::Opcode;
using holter::testing::PeerConnection;
using holter::testing::Script;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kOthers = 4;
constexpr double kUsualRoundTrip = 0.05;  // a bound of the histogram's buckets

std::string Other(int i) { return fmt::format("other-{}", i); }

}  // namespace

Script SaysAThousandASecond(int count, std::function<std::string(int)> message, std::atomic<bool>& done) {
  return [count, message = std::move(message), &done](PeerConnection& connection) {
    if (!connection.Upgrade() || !connection.SendFrame(Opcode::kText, "beat")) return;
    const auto begin = steady_clock::now();
    for (int said = 0; said < count;) {
      if (!connection.Pause(milliseconds(1))) return;
      const auto due = static_cast<int>((steady_clock::now() - begin) / milliseconds(1));
      for (; said < std::min(count, due); ++said) {
        if (!connection.SendFrame(Opcode::kText, message(said))) return;
      }
    }
    connection.SendFrame(Opcode::kText, "beat");
    done = true;
    connection.AwaitEnd();
  };
}

void HostilePeerTest::SetUp() {
  StartDaemon(nullptr, {"--loops=1"});
  recorder_ = std::make_unique<ChangeRecorder>(*client);
  for (int i = 0; i < kOthers; ++i) {
    Declare(Other(i), other_peer_.url(),
            R"json({"protocolHeartbeat": {"interval": "50ms", "timeout": "1s"}, "beats":
                [{"name": "echo", "interval": "50ms", "timeout": "1s", "send": {"text": "echo ${seq}"},
                  "expect": {"regex": "^echo (\\d+)$"}, "correlate": {"regexGroup": 1, "equals": "seq"}}]})json",
            "others");
  }
  for (int i = 0; i < kOthers; ++i) AwaitHealthy(Other(i));
  before_ = UsageOf(daemon->process().pid());
}

void HostilePeerTest::TearDown() {
  for (int i = 0; i < kOthers; ++i) {
    const v1::SessionStatus status = StatusOf(Other(i));
    EXPECT_EQ(status.health(), v1::HEALTH_HEALTHY) << status.ShortDebugString();
    EXPECT_EQ(TransitionsOf(Other(i)).size(), 2u) << "opened, became healthy, and that is all";
  }
  EXPECT_EQ(Total("holter_heartbeats_missed_total"), 0);
  const double usual = Total("holter_heartbeat_rtt_seconds_bucket", fmt::format("le=\"{}\"", kUsualRoundTrip));
  EXPECT_GE(usual, 0.5 * Total("holter_heartbeats_acked_total"));
  EXPECT_EQ(recorder_->resets(), 0) << "who watches has lost nothing";
  EXPECT_LE(Largest("holter_exceptions_total"), 0);
}

void HostilePeerTest::Declare(const std::string& id, const std::string& url, const std::string& json,
                              const std::string& group) {
  v1::Session session;
  session.set_name(NameOf(id));
  session.set_group(group);
  v1::SessionSpec& spec = *session.mutable_spec();
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &spec);
  ASSERT_TRUE(parsed.ok()) << parsed.ToString();
  spec.set_url(url);
  spec.mutable_reconnect()->set_first_delay("50ms");
  spec.mutable_reconnect()->set_max_delay("200ms");
  const auto created = client->Create(session);
  ASSERT_TRUE(created.ok()) << created.status();
}

double HostilePeerTest::Total(const std::string& metric, const std::string& label) const {
  std::istringstream text(daemon->Http("/metrics"));
  double total = 0;
  for (std::string line; std::getline(text, line);) {
    const bool wanted = line.starts_with(metric + "{") && line.find(R"(group="others")") != std::string::npos;
    if (wanted && line.find(label) != std::string::npos) total += std::stod(line.substr(line.rfind(' ')));
  }
  return total;
}

std::vector<v1::SessionStatus> HostilePeerTest::TransitionsOf(const std::string& id) const {
  std::vector<v1::SessionStatus> found;
  for (const v1::SessionChange& change : recorder_->Of(NameOf(id))) {
    if (change.kind() == v1::SessionChange::KIND_TRANSITION) found.push_back(change.session().status());
  }
  return found;
}

void HostilePeerTest::AwaitLosses(const std::string& id, int count, v1::Reason reason) const {
  const auto lost = [&] {
    std::vector<v1::SessionStatus> all = TransitionsOf(id);
    std::erase_if(all, [](const v1::SessionStatus& status) { return status.state() != v1::STATE_BACKOFF; });
    return all;
  };
  EXPECT_TRUE(Await([&] { return static_cast<int>(lost().size()) >= count; })) << id;
  for (const v1::SessionStatus& status : lost()) {
    EXPECT_EQ(status.reason(), reason) << id << ": " << status.ShortDebugString();
    EXPECT_NE(status.detail(), "") << id;
  }
}

void HostilePeerTest::ExpectCost(milliseconds cpu, size_t bytes) {
  const Usage now = UsageOf(daemon->process().pid());
  const milliseconds used = now.cpu - before_.cpu;
  const size_t grown = now.peak_bytes - before_.peak_bytes;
  RecordProperty("cpu_milliseconds", std::to_string(used.count()));
  RecordProperty("grown_kibibytes", std::to_string(grown >> 10));
  EXPECT_LE(used.count(), cpu.count()) << "milliseconds";
  EXPECT_LE(grown, bytes);
}

}  // namespace holter::integration
