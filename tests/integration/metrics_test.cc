// What Prometheus makes of a real daemon with sessions.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/integration/fixture.h"

namespace holter::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

// The value of the metric of the session without more labels; -1: the page has none.
double ValueOf(const std::string& page, const std::string& metric, const std::string& session) {
  const std::string series = fmt::format("\n{}{{tenant=\"default\",session=\"{}\",group=\"\"}} ", metric, session);
  const size_t at = page.find(series);
  return at == std::string::npos ? -1 : std::stod(page.substr(at + series.size()));
}

TEST_F(MetricsTest, ADeletedSessionLeavesNoSeriesAndBeginsAnewWhenItIsDeclaredAgain) {
  const auto reconnects = [this] {
    return ValueOf(daemon->Http("/metrics"), "holter_session_reconnects_total", "plain");
  };
  const auto created = [this] {
    return ValueOf(daemon->Http("/metrics"), "holter_session_created_timestamp_seconds", "plain");
  };
  EXPECT_EQ(Holter({"reconnect", "plain"}).code, 0);
  ASSERT_TRUE(Await([&] { return reconnects() == 1; })) << daemon->Http("/metrics");
  const double first = created();
  EXPECT_GT(first, 1.7e9);
  EXPECT_EQ(Holter({"delete", "plain"}).code, 0);
  EXPECT_THAT(daemon->Http("/metrics"), Not(HasSubstr("session=\"plain\"")));
  Declare("plain", plain_->Url());
  AwaitHealthy("plain", 2);
  EXPECT_EQ(reconnects(), 0);
  EXPECT_GT(created(), first);
}

// A row of docs/metrics.md.
struct DocumentedMetric {
  std::string type;
  std::set<std::string> labels;  // "label_…" stands for any that begins so
};

// By name. What all of a section have is told above its table.
std::map<std::string, DocumentedMetric> ReadDocumentation() {
  static const std::map<std::string, std::set<std::string>> kSections = {
      {"## Aggregates", {"tenant", "group"}},
      {"## Single sessions", {"tenant", "session", "group"}},
      {"## Holter itself", {}}};
  std::map<std::string, DocumentedMetric> metrics;
  std::set<std::string> common;
  std::istringstream page(ReadFile(HOLTER_SOURCE_DIR "/docs/metrics.md"));
  for (std::string line; std::getline(page, line);) {
    if (const auto section = kSections.find(line); section != kSections.end()) common = section->second;
    static const std::regex kRow(R"re(\| `(holter_\w+)` \| (\w+) \|(?: (?:none|basic|full) \|)?([^|]*)\|(.*))re");
    std::smatch row;
    if (!std::regex_match(line, row, kRow)) continue;
    DocumentedMetric& metric = metrics[row[1]];
    metric.type = row[2];
    if (row[4].str().find("Without `tenant`, `session` and `group`") == std::string::npos) metric.labels = common;
    const std::string more = row[3];
    static const std::regex kLabel("`([^`]+)`");
    for (std::sregex_iterator it(more.begin(), more.end(), kLabel), end; it != end; ++it)
      metric.labels.insert((*it)[1]);
  }
  return metrics;
}

// Label keys that a sample has beyond, or lacks of, the documented ones; empty: none.
std::string CompareLabels(const std::set<std::string>& seen, const DocumentedMetric& metric) {
  std::string differences;
  for (const std::string& label : seen) {
    const bool documented =
        metric.labels.contains(label) || (label.starts_with("label_") && metric.labels.contains("label_…"));
    if (!documented) differences += " has " + label;
  }
  for (const std::string& label : metric.labels) {
    if (!seen.contains(label) && label != "label_…") differences += " lacks " + label;
  }
  return differences;
}

TEST_F(MetricsTest, EveryMetricIsAsItIsDocumented) {
  const auto documented = ReadDocumentation();
  EXPECT_GT(documented.size(), 50U);
  std::map<std::string, std::string> types;
  std::istringstream page(daemon->Http("/metrics"));
  static const std::regex kType(R"(# TYPE (\w+) (\w+))");
  static const std::regex kSample(R"((\w+?)(?:\{(.*)\})? [^ ]+)");
  static const std::regex kLabel(R"re((\w+)="(?:[^"\\]|\\.)*")re");
  size_t samples = 0;
  std::set<std::string> seen_families;
  for (std::string line; std::getline(page, line);) {
    std::smatch parts;
    if (std::regex_match(line, parts, kType)) {
      types[parts[1]] = parts[2];
      ASSERT_TRUE(documented.contains(parts[1])) << line;
      EXPECT_EQ(documented.at(parts[1]).type, parts[2]) << line;
    } else if (!line.starts_with('#') && std::regex_match(line, parts, kSample)) {
      std::string family = parts[1];
      if (!types.contains(family)) family = family.substr(0, family.rfind('_'));  // of a histogram
      ASSERT_TRUE(documented.contains(family)) << line;
      std::set<std::string> labels;
      const std::string text = parts[2];
      for (std::sregex_iterator it(text.begin(), text.end(), kLabel), end; it != end; ++it) labels.insert((*it)[1]);
      labels.erase("le");
      EXPECT_EQ(CompareLabels(labels, documented.at(family)), "") << line;
      seen_families.insert(family);
      ++samples;
    }
  }
  EXPECT_GT(samples, 250U);
  EXPECT_GT(seen_families.size(), 40U) << "most of what is documented is seen on a daemon that has just begun";
}

class PrometheusTest : public MetricsTest {
 protected:
  void SetUp() override {
    MetricsTest::SetUp();
    const std::string config = scratch.Write(
        "prometheus.yml", fmt::format("global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n"
                                      "scrape_configs:\n"
                                      "- job_name: holter\n"
                                      "  static_configs: [{{targets: ['{0}']}}]\n"
                                      "- job_name: sessions\n"
                                      "  metrics_path: /probe\n"
                                      "  http_sd_configs: [{{url: 'http://{0}/sd', refresh_interval: 1s}}]\n"
                                      "  relabel_configs:\n"
                                      "  - {{source_labels: [__address__], target_label: __param_target}}\n"
                                      "  - {{source_labels: [__address__], target_label: instance}}\n"
                                      "  - {{source_labels: [__meta_holter_session], target_label: session}}\n"
                                      "  - {{source_labels: [__meta_holter_scheme], target_label: scheme}}\n"
                                      "  - {{target_label: __address__, replacement: '{0}'}}\n",
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

TEST_F(PrometheusTest, DiscoversTheSessionsAndProbesEach) {
  for (const char* const expression : {
           "count(up{job=\"sessions\"} == 1) == 3",
           "probe_success{session=\"plain\", scheme=\"ws\", instance=\"tenants/default/sessions/plain\"} == 1",
           "probe_success{session=\"tls\", scheme=\"wss\"} == 1",
           "probe_success{session=\"refused\"} == 0",
           "probe_duration_seconds{session=\"plain\"} > 0",
           "probe_ssl_earliest_cert_expiry{session=\"tls\"} > time()",
           "probe_http_status_code{session=\"plain\"} == 101",
           "probe_websocket_connection_upgraded{session=\"refused\"} == 0",
       }) {
    EXPECT_TRUE(AwaitAnswer(expression)) << expression << "\n" << daemon->Http("/sd");
  }
  ChildProcess promtool({"promtool", "check", "metrics"}, scratch.path(), daemon->Http("/probe?target=tls"));
  const auto report = promtool.Wait(kPatience);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->code, 0) << promtool.Out() << promtool.Err();
  // A session that is gone is a target no more.
  EXPECT_EQ(Holter({"delete", "plain"}).code, 0);
  EXPECT_TRUE(AwaitAnswer("count(up{job=\"sessions\"}) == 2"));
}

}  // namespace
}  // namespace holter::integration
