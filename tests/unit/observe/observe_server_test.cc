#include "observe/observe_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <thread>

#include "observe/health_routes.h"
#include "tests/unit/observe/http_probe.h"
#include "tests/unit/observe/observe_fixture.h"
#include "tests/unit/observe/view_registry.h"

namespace holter::observe {
namespace {

using core::Health;
using core::State;
using namespace std::chrono_literals;

// Knows its capacity only.
class CapacityEngine final : public engine::Engine {
 public:
  explicit CapacityEngine(const Clock& clock) : clock_(clock) {}
  absl::Status Admit(size_t /*count*/) override { return absl::UnimplementedError(""); }
  void Unadmit(size_t /*count*/) override {}
  engine::SessionHandle Begin(core::SessionId /*id*/, core::SessionSpec /*spec*/, core::SessionObserver* /*metrics*/,
                              core::SessionObserver* /*registry*/) override {
    return nullptr;
  }
  void Update(const engine::SessionHandle& /*session*/, core::SessionSpec /*spec*/,
              core::SessionObserver* /*metrics*/) override {}
  void Reconnect(const engine::SessionHandle& /*session*/, Duration /*after*/) override {}
  void Watch(const engine::SessionHandle& /*session*/, size_t /*most_recent*/,
             const std::weak_ptr<engine::FrameObserver>& /*observer*/) override {}
  void End(const engine::SessionHandle& /*session*/, std::function<void()> /*done*/) override {}
  engine::Capacity capacity() const override { return {.sessions = 2, .session_limit = 100}; }
  const Clock& clock() const override { return clock_; }
  void Shutdown(Duration /*deadline*/) override {}

 private:
  const Clock& clock_;
};

// What `command` printed, and its exit status.
std::pair<std::string, int> RunCommand(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string out;
  char data[4096];
  for (size_t got; (got = fread(data, 1, sizeof data, pipe)) > 0;) {
    out.append(data, got);
  }
  return {out, pclose(pipe)};
}

class ObserveServerTest : public ::testing::Test {
 protected:
  ObserveServerTest() : engine_(clock_) {
    random_.seed(1);
    const core::SessionSpec spec{.url = "ws://peer/", .shared = std::make_shared<core::SharedSpec>()};
    labels_ = {{"team", "a"}};
    for (const char* session : {"feed-1", "feed-2"}) {
      cells_.push_back(std::make_unique<engine::SessionCell>(cells_.size() + 1, nullptr, spec, clock_.Now(), &random_));
      registry_.views_.push_back({.tenant = "default",
                                  .session = session,
                                  .group = "feeds",
                                  .url = "wss://canary-user:canary-pass@example.com/canary-path?token=canary",
                                  .labels = &labels_,
                                  .cell = cells_.back().get()});
    }
  }

  void Start(SeriesLevel level, bool status_page = true) {
    auto server = ObserveServer::Start({.registry = &registry_,
                                        .engine = &engine_,
                                        .metrics = &metrics_,
                                        .clock = &clock_,
                                        .listen = "127.0.0.1:0",
                                        .sessions = {.level = level},
                                        .status_page = status_page,
                                        .unready_reason = [this] { return unready_; }});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void TearDown() override {
    if (server_ != nullptr) {
      server_->Shutdown(5s);
    }
  }
  HttpAnswer Fetch(const std::string& path) {
    HttpProbe probe(server_->port());
    EXPECT_TRUE(probe.Get(path));
    return probe.Read().value_or(HttpAnswer{});
  }

  // Gives every aggregate a sample, so that every family is exported.
  void FillAggregates() {
    core::SessionObserver& group = *metrics_.ObserverFor("default", "feeds");
    group.OnBegin(1, State::kConnecting, Health::kUnknown);
    group.OnAttempt(1, {.opened = false, .reason = core::Reason::kDns});
    for (int phase = 0; phase < core::kPhaseCount; ++phase) {
      group.OnPhase(1, static_cast<core::Phase>(phase), 1ms);
    }
    group.OnTransition(1, {.at = clock_.Now(),
                           .from_state = State::kOpen,
                           .state = State::kBackoff,
                           .from_health = Health::kHealthy,
                           .health = Health::kDown,
                           .reason = core::Reason::kPeerReset,
                           .lifetime = 1s,
                           .recovery = 1s});
    group.OnBeat(1, {.kind = core::BeatReport::Kind::kAcked, .rtt = 1ms});
    group.OnTcpRtt(1, {.min = 1ms, .smoothed = 1ms});
    metrics_.OnStoreCommit(1ms, 1, true);
    metrics_.OnRpc("GetSession", "OK", 1ms);
    metrics_.OnLoopLag(0, 1ms);
    metrics_.OnException("transport");
    metrics_.OnReload("access", true);
    metrics_.OnEgress("allowed", "public");
    metrics_.SetQuotas({{.tenant = "default", .quota = "sessions", .used = 1, .limit = 2}});
    metrics_.SetCertificateExpiry(clock_.WallNow());
    metrics_.SetPeerExpiries({{{"default", "feeds"}, clock_.WallNow()}});
  }
  // A page on which every family of sessions has a sample.
  std::string FullSessions() {
    SessionExposition page({.level = SeriesLevel::kFull}, clock_.Now(), clock_.WallNow());
    page.Add(registry_.views_[0], {.last_alive = clock_.Now(),
                                   .tcp_rtt = core::TcpRtt{.min = 1ms, .smoothed = 1ms},
                                   .tls_expiry = clock_.WallNow(),
                                   .protocol = {.active = true, .last_rtt = 1ms},
                                   .app = {.active = true}});
    std::string text;
    while (page.Next(text)) {
    }
    return text;
  }

  StillClock clock_;
  Random random_;
  Metrics metrics_{{.clock = &clock_, .version = "1.2.3"}};
  std::vector<std::pair<std::string, std::string>> labels_;
  std::vector<std::unique_ptr<engine::SessionCell>> cells_;
  ViewRegistry registry_;
  CapacityEngine engine_;
  std::string unready_;
  std::unique_ptr<ObserveServer> server_;
};

TEST_F(ObserveServerTest, MetricsHoldAggregatesCapacityAndSessions) {
  FillAggregates();
  Start(SeriesLevel::kFull);
  const HttpAnswer answer = Fetch("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.fields.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto samples = ParseSamples(answer.body);
  EXPECT_EQ(samples.at("holter_capacity_sessions"), 100);
  EXPECT_EQ(samples.at("holter_capacity_sessions_used"), 2);
  EXPECT_EQ(samples.at("holter_connect_attempts_total{group=\"feeds\",tenant=\"default\"}"), 1);
  EXPECT_EQ(samples.at("holter_session_state{tenant=\"default\",session=\"feed-2\",group=\"feeds\"}"), 1);
  EXPECT_EQ(answer.body.find("canary"), std::string::npos) << "nothing of a URL but its host";
}

TEST_F(ObserveServerTest, ADeletedSessionIsGoneWithTheNextScrape) {
  Start(SeriesLevel::kBasic);
  EXPECT_NE(Fetch("/metrics").body.find("feed-2"), std::string::npos);
  registry_.views_.pop_back();
  EXPECT_EQ(Fetch("/metrics").body.find("feed-2"), std::string::npos);
}

TEST_F(ObserveServerTest, PromtoolFindsNothing) {
  FillAggregates();
  const std::string path = ::testing::TempDir() + "holter_metrics_" + std::to_string(getpid()) + ".txt";
  std::ofstream(path) << metrics_.Text() << FullSessions();
  const auto [out, status] = RunCommand("promtool check metrics < '" + path + "'");
  EXPECT_EQ(status, 0) << "promtool of the package prometheus is needed and has to be content: " << out;
  EXPECT_EQ(out, "");
  std::filesystem::remove(path);
}

TEST_F(ObserveServerTest, LiveAnswersWhileAScrapeRuns) {
  std::promise<void> scraping;
  std::promise<void> release;
  registry_.before_ = [&] {
    scraping.set_value();
    release.get_future().wait();
  };
  Start(SeriesLevel::kBasic);
  HttpProbe scrape(server_->port());
  ASSERT_TRUE(scrape.Get("/metrics"));
  scraping.get_future().wait();
  EXPECT_EQ(Fetch("/livez").body, "ok\n");
  release.set_value();
  EXPECT_EQ(scrape.Read().value_or(HttpAnswer{}).status, 200);
}

TEST_F(ObserveServerTest, AScrapeDoesNotWaitForAPage) {
  std::promise<void> looking;
  std::promise<void> release;
  registry_.list = [&](const v1::ListSessionsRequest&) {
    looking.set_value();
    release.get_future().wait();
    return v1::ListSessionsResponse();
  };
  registry_.summarize = [](const v1::GetFleetSummaryRequest&) { return v1::FleetSummary(); };
  Start(SeriesLevel::kBasic);
  HttpProbe page(server_->port());
  ASSERT_TRUE(page.Get("/"));
  looking.get_future().wait();
  EXPECT_THAT(Fetch("/metrics").body, ::testing::HasSubstr("feed-2"));
  release.set_value();
  EXPECT_EQ(page.Read().value_or(HttpAnswer{}).status, 200);
}

// For ThreadSanitizer, above all: monitors of others have let scrapes race with each other and with what they show.
TEST_F(ObserveServerTest, ManyScrapeAtOnceWhileLoopsWork) {
  FillAggregates();
  Start(SeriesLevel::kFull);
  std::atomic<bool> over = false;
  std::thread loop([&] {
    core::SessionObserver& group = *metrics_.ObserverFor("default", "feeds");
    const core::Tick now{.now = clock_.Now(), .wall = clock_.WallNow()};
    while (!over) {
      core::ActionList actions;
      {
        absl::MutexLock lock(&cells_[0]->mutex);
        cells_[0]->machine.Start(now, actions);
        cells_[0]->machine.OnDialFailed(now, {.reason = core::Reason::kDns, .detail = "no such name"}, actions);
        cells_[0]->machine.Reconnect(now, {}, actions);
      }
      group.OnBeat(1, {.kind = core::BeatReport::Kind::kAcked, .rtt = 1ms});
      metrics_.OnLoopLag(0, 1ms);
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> readers;
  for (const char* path : {"/metrics", "/metrics", "/metrics", "/sd", "/probe?target=feed-1", "/readyz"}) {
    readers.emplace_back([this, path] {
      for (int i = 0; i < 20; ++i) EXPECT_EQ(Fetch(path).status, 200) << path;
    });
  }
  for (std::thread& reader : readers) reader.join();
  over = true;
  loop.join();
}

TEST_F(ObserveServerTest, WithoutAStatusPageNoSessionIsShown) {
  Start(SeriesLevel::kBasic, /*status_page=*/false);
  for (const char* path : {"/", "/tenants/default/sessions/feed-1", "/page/style.css"}) {
    EXPECT_EQ(Fetch(path).status, 404) << path;
  }
  EXPECT_THAT(Fetch("/").body, ::testing::HasSubstr("--status-page"));
  EXPECT_EQ(Fetch("/sd").status, 200);
  EXPECT_EQ(Fetch("/probe?target=feed-1").status, 200);
}

TEST_F(ObserveServerTest, ReadyNamesTheReason) {
  Start(SeriesLevel::kNone);
  EXPECT_EQ(Fetch("/readyz").status, 200);
  unready_ = "draining";
  const HttpAnswer answer = Fetch("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "not ready: draining\n");
  EXPECT_EQ(Fetch("/livez").status, 200) << "draining is no reason to be killed";
}

TEST_F(ObserveServerTest, AStoreThatTakesNoChangesIsAWarningAndAMetric) {
  Start(SeriesLevel::kNone);
  const auto degraded = [this](const std::string& reason) {
    return ParseSamples(Fetch("/metrics").body).at("holter_store_degraded{reason=\"" + reason + "\"}");
  };
  EXPECT_EQ(degraded("store_full"), 0);
  metrics_.SetStoreProblem("STORE_FULL");
  const HttpAnswer answer = Fetch("/readyz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\nwarning: STORE_FULL: the store takes no changes; sessions go on\n");
  EXPECT_EQ(degraded("store_full"), 1);
  metrics_.SetStoreProblem("STORE_FAILED");
  EXPECT_EQ(degraded("store_full"), 0);
  EXPECT_EQ(degraded("store_failed"), 1);
  metrics_.SetStoreProblem("");
  EXPECT_EQ(degraded("store_failed"), 0);
  EXPECT_EQ(Fetch("/readyz").body, "ok\n");
}

TEST_F(ObserveServerTest, LiveNamesTheLoopThatHangs) {
  metrics_.OnLoopLag(0, 0s);
  metrics_.OnLoopLag(1, 0s);
  clock_.Pass(29s);
  metrics_.OnLoopLag(0, 0s);
  EXPECT_EQ(AnswerLive(metrics_).status, 200);
  clock_.Pass(2s);
  const HttpResponse answer = AnswerLive(metrics_);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "not alive: loop 1 has not turned for 31s\n");
}

// The first two columns of the tables of docs/metrics.md.
std::map<std::string, std::string> ReadDocumentedTypes() {
  std::map<std::string, std::string> types;
  std::ifstream in(std::string(HOLTER_SOURCE_DIR) + "/docs/metrics.md");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| `holter_")) {
      const size_t name_end = line.find("` | ");
      const size_t type_end = line.find(" | ", name_end + 4);
      types[line.substr(3, name_end - 3)] = line.substr(name_end + 4, type_end - name_end - 4);
    }
  }
  return types;
}

TEST_F(ObserveServerTest, EveryMetricIsDocumentedAndNoOther) {
  FillAggregates();
  EXPECT_EQ(ParseTypes(metrics_.Text() + FullSessions()), ReadDocumentedTypes());
}

}  // namespace
}  // namespace holter::observe
