// What Prometheus makes of a real daemon with sessions.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;

// The port that a process of its own choice listens on, found out from the kernel; empty while there is none.
std::string ListeningPort(pid_t pid) {
  std::set<std::string> inodes;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), gone)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  constexpr char listening[] = "0A";
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    if (fields.size() < 10 || fields[3] != listening || !inodes.contains(fields[9])) continue;
    return std::to_string(std::stoi(fields[1].substr(fields[1].find(':') + 1), nullptr, 16));
  }
  return "";
}

class MetricsTest : public EndToEndTest {
 protected:
  void SetUp() override {
    certificates_ = std::make_unique<Certificates>(scratch);
    plain_ = std::make_unique<Peer>(PeerKind::kPython, scratch, nullptr);
    tls_ = std::make_unique<Peer>(PeerKind::kNode, scratch, certificates_.get());
    StartDaemon(certificates_.get(), {"--session-series=full"});
    Declare("plain", plain_->Url());
    Declare("tls", tls_->Url(), /*tls=*/true);
    Declare("refused", "ws://127.0.0.1:1/");
    AwaitHealthy("plain", 5);
    AwaitHealthy("tls", 5);
    EXPECT_TRUE(Await([&] { return StatusOf("refused").health() == v1::HEALTH_DOWN; }));
  }

  std::unique_ptr<Certificates> certificates_;
  std::unique_ptr<Peer> plain_;
  std::unique_ptr<Peer> tls_;
};

TEST_F(MetricsTest, PromtoolHasNothingToSay) {
  const std::string page = daemon->Http("/metrics");
  EXPECT_THAT(page, HasSubstr("holter_session_tls_expiry_timestamp_seconds{"));
  ChildProcess promtool({"promtool", "check", "metrics"}, scratch.path(), page);
  const auto report = promtool.Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 0) << "the package prometheus has it";
  EXPECT_EQ(promtool.Out() + promtool.Err(), "");
}

class PrometheusTest : public MetricsTest {
 protected:
  void SetUp() override {
    MetricsTest::SetUp();
    const std::string config =
        scratch.Write("prometheus.yml", fmt::format("global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n"
                                                    "scrape_configs:\n"
                                                    "- job_name: holter\n"
                                                    "  static_configs: [{{targets: ['{}']}}]\n",
                                                    daemon->http()));
    prometheus_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"prometheus", "--config.file=" + config, "--web.listen-address=127.0.0.1:0",
                                 "--storage.tsdb.path=" + scratch.path() + "/tsdb"},
        scratch.path());
    ASSERT_TRUE(Await([&] { return !(port_ = ListeningPort(prometheus_->pid())).empty(); })) << prometheus_->Err();
  }

  // What Prometheus answers to a query, as promtool prints it.
  std::string Query(const std::string& expression) {
    ChildProcess promtool({"promtool", "query", "instant", "http://127.0.0.1:" + port_, expression}, scratch.path());
    const auto report = promtool.Wait(kPatience);
    EXPECT_TRUE(report.has_value() && report->code == 0) << expression << promtool.Err();
    const std::string answer = promtool.Out();
    return answer == "\n" ? "" : answer;
  }
  bool AwaitAnswer(const std::string& expression) {
    return Await([&] { return !Query(expression).empty(); });
  }

 private:
  std::unique_ptr<ChildProcess> prometheus_;
  std::string port_;
};

TEST_F(PrometheusTest, ScrapesAndKnowsTheSessions) {
  ASSERT_TRUE(AwaitAnswer("up{job=\"holter\"} == 1"));
  for (const char* const expression : {
           "holter_session_up{session=\"plain\", tenant=\"default\"} == 1",
           "holter_session_up{session=\"tls\"} == 1",
           "holter_session_up{session=\"refused\"} == 0",
           "holter_session_tls_expiry_timestamp_seconds{session=\"tls\"} > time()",
           "min(holter_peer_certificate_expiry_timestamp_seconds) > time()",
           "holter_session_rtt_seconds{session=\"plain\", layer=\"protocol\"} > 0",
           "sum(holter_sessions) == 3",
           "sum(holter_connect_failures_total{reason=\"connect_refused\"}) > 0",
           "histogram_quantile(0.99, sum by (le) (holter_heartbeat_rtt_seconds_bucket{layer=\"app\"})) > 0",
           "time() - holter_session_last_alive_timestamp_seconds{session=\"plain\"} < 60",
       }) {
    EXPECT_TRUE(AwaitAnswer(expression)) << expression << "\n" << daemon->Http("/metrics");
  }
  EXPECT_EQ(Query("holter_session_up{session=\"no-such\"}"), "") << "a query can come back empty";
}

}  // namespace
}  // namespace holter::integration
