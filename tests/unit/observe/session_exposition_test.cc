#include "observe/session_exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/observe/observe_fixture.h"

namespace holter::observe {
namespace {

using core::Health;
using core::SessionVitals;
using core::State;
using namespace std::chrono_literals;

class SessionExpositionTest : public testing::Test {
 protected:
  SessionExposition Make(SeriesLevel level, size_t max_series = 1000) {
    return SessionExposition({.level = level, .max_series = max_series}, clock_.Now(), clock_.WallNow());
  }
  registry::SessionView View(std::string_view session) const {
    return {.tenant = "default",
            .session = session,
            .group = "feeds",
            .url = "wss://example.com:8443/token",
            .labels = &labels_,
            .created = WallTime(1'690'000'000'250ms)};
  }
  SessionVitals Healthy() const {
    return {.state = State::kOpen,
            .health = Health::kHealthy,
            .reconnects = 3,
            .last_alive = clock_.Now() - 1500ms,
            .tcp_rtt = core::TcpRtt{.min = 40us, .smoothed = 30ms},
            .tls_expiry = WallTime(1'800'000'000s),
            .protocol = {.active = true, .last_rtt = 123456ns, .missed = 1},
            .app = {.active = true, .last_rtt = 5ms, .missed = 6}};
  }
  static std::string Write(SessionExposition& page) {
    std::string text;
    while (page.Next(text)) {
    }
    return text;
  }

  StillClock clock_;
  std::vector<std::pair<std::string, std::string>> labels_;
};

TEST_F(SessionExpositionTest, FullPage) {
  labels_ = {{"team", "a\"b\\c\nd"}, {"zone", "é"}};
  SessionExposition page = Make(SeriesLevel::kFull);
  page.Add(View("feed-1"), Healthy());
  page.Add(View("feed-2"), SessionVitals{});
  EXPECT_EQ(
      Write(page),
      R"(# HELP holter_session_series_dropped Series of single sessions that this scrape left out because of the limit.
# TYPE holter_session_series_dropped gauge
holter_session_series_dropped 0
# HELP holter_session_up 1 while the session is healthy or degraded; not written for a paused one.
# TYPE holter_session_up gauge
holter_session_up{tenant="default",session="feed-1",group="feeds"} 1
holter_session_up{tenant="default",session="feed-2",group="feeds"} 0
# HELP holter_session_state 1 connecting, 2 open, 3 backoff, 4 stopped, 5 paused.
# TYPE holter_session_state gauge
holter_session_state{tenant="default",session="feed-1",group="feeds"} 2
holter_session_state{tenant="default",session="feed-2",group="feeds"} 1
# HELP holter_session_rtt_seconds Last round trip by layer; tcp is the kernel's least.
# TYPE holter_session_rtt_seconds gauge
holter_session_rtt_seconds{tenant="default",session="feed-1",group="feeds",layer="tcp"} 4e-05
holter_session_rtt_seconds{tenant="default",session="feed-1",group="feeds",layer="tcp_smoothed"} 0.03
holter_session_rtt_seconds{tenant="default",session="feed-1",group="feeds",layer="protocol"} 0.000123456
holter_session_rtt_seconds{tenant="default",session="feed-1",group="feeds",layer="app"} 0.005
# HELP holter_session_heartbeats_missed_total Heartbeats not answered in time.
# TYPE holter_session_heartbeats_missed_total counter
holter_session_heartbeats_missed_total{tenant="default",session="feed-1",group="feeds",layer="protocol"} 1
holter_session_heartbeats_missed_total{tenant="default",session="feed-1",group="feeds",layer="app"} 6
# HELP holter_session_reconnects_total Connections lost and begun anew.
# TYPE holter_session_reconnects_total counter
holter_session_reconnects_total{tenant="default",session="feed-1",group="feeds"} 3
holter_session_reconnects_total{tenant="default",session="feed-2",group="feeds"} 0
# HELP holter_session_last_alive_timestamp_seconds When the session last proved life.
# TYPE holter_session_last_alive_timestamp_seconds gauge
holter_session_last_alive_timestamp_seconds{tenant="default",session="feed-1",group="feeds"} 1699999998.500
# HELP holter_session_created_timestamp_seconds When the session was declared under its name.
# TYPE holter_session_created_timestamp_seconds gauge
holter_session_created_timestamp_seconds{tenant="default",session="feed-1",group="feeds"} 1690000000.250
holter_session_created_timestamp_seconds{tenant="default",session="feed-2",group="feeds"} 1690000000.250
# HELP holter_session_tls_expiry_timestamp_seconds When the first certificate of the peer's chain expires.
# TYPE holter_session_tls_expiry_timestamp_seconds gauge
holter_session_tls_expiry_timestamp_seconds{tenant="default",session="feed-1",group="feeds"} 1800000000
# HELP holter_session_info Always 1; host and the labels of the declaration.
# TYPE holter_session_info gauge
holter_session_info{tenant="default",session="feed-1",group="feeds",host="example.com:8443",label_team="a\"b\\c\nd",label_zone="é"} 1
holter_session_info{tenant="default",session="feed-2",group="feeds",host="example.com:8443",label_team="a\"b\\c\nd",label_zone="é"} 1
)");
}

TEST_F(SessionExpositionTest, BasicLeavesOutWhatIsFull) {
  SessionExposition page = Make(SeriesLevel::kBasic);
  page.Add(View("feed-1"), Healthy());
  const std::string text = Write(page);
  EXPECT_EQ(ParseSamples(text).size(), 1u + 9u);
  for (const char* absent : {"tls_expiry", "created", "holter_session_info", "tcp_smoothed", "example.com"}) {
    EXPECT_EQ(text.find(absent), std::string::npos) << absent;
  }
}

TEST_F(SessionExpositionTest, NoneWritesNoSession) {
  SessionExposition page = Make(SeriesLevel::kNone);
  page.Add(View("feed-1"), Healthy());
  EXPECT_EQ(ParseSamples(Write(page)), (std::map<std::string, double>{{"holter_session_series_dropped", 0}}));
}

TEST_F(SessionExpositionTest, UpIsHealthyOrDegraded) {
  const std::pair<Health, int> cases[] = {
      {Health::kUnknown, 0}, {Health::kHealthy, 1}, {Health::kDegraded, 1}, {Health::kDown, 0}};
  for (const auto& [health, up] : cases) {
    SessionExposition page = Make(SeriesLevel::kBasic);
    SessionVitals vitals;
    vitals.health = health;
    page.Add(View("s"), vitals);
    EXPECT_EQ(ParseSamples(Write(page)).at("holter_session_up{tenant=\"default\",session=\"s\",group=\"feeds\"}"), up);
  }
}

TEST_F(SessionExpositionTest, APausedSessionIsNeitherUpNorDown) {
  SessionExposition page = Make(SeriesLevel::kBasic);
  page.Add(View("s"), {.state = State::kPaused});
  const auto samples = ParseSamples(Write(page));
  EXPECT_FALSE(samples.contains("holter_session_up{tenant=\"default\",session=\"s\",group=\"feeds\"}"));
  EXPECT_EQ(samples.at("holter_session_state{tenant=\"default\",session=\"s\",group=\"feeds\"}"), 5);
  EXPECT_EQ(samples.size(), 1u + 2u);
}

TEST_F(SessionExpositionTest, ALayerThatIsNotDeclaredHasNoSeries) {
  SessionExposition page = Make(SeriesLevel::kBasic);
  page.Add(View("s"), {.app = {.active = true, .missed = 1}});
  const auto samples = ParseSamples(Write(page));
  const std::string name =
      "holter_session_heartbeats_missed_total{tenant=\"default\",session=\"s\",group=\"feeds\",layer=\"";
  EXPECT_EQ(samples.at(name + "app\"}"), 1);
  EXPECT_FALSE(samples.contains(name + "protocol\"}"));
}

TEST_F(SessionExpositionTest, SessionsBeyondTheLimitAreDroppedWholeAndCounted) {
  SessionExposition page = Make(SeriesLevel::kBasic, 20);
  for (const char* session : {"a", "b", "c", "d"}) {
    page.Add(View(session), Healthy());  // 9 series each
  }
  page.Add(View("e"), SessionVitals{});  // 3 series, which would fit
  const auto samples = ParseSamples(Write(page));
  EXPECT_EQ(samples.at("holter_session_series_dropped"), 9 + 9 + 3);
  EXPECT_EQ(samples.size(), 1u + 18u);
  EXPECT_TRUE(samples.contains("holter_session_up{tenant=\"default\",session=\"b\",group=\"feeds\"}"));
  EXPECT_FALSE(samples.contains("holter_session_up{tenant=\"default\",session=\"c\",group=\"feeds\"}"));
}

TEST_F(SessionExpositionTest, FamiliesStayTogetherOverManyPieces) {
  SessionExposition page = Make(SeriesLevel::kFull, 1'000'000);
  constexpr size_t kSessions = 3000;
  for (size_t i = 0; i < kSessions; ++i) {
    page.Add(View("feed-" + std::to_string(i)), Healthy());
  }
  std::string text;
  size_t pieces = 0;
  size_t largest = 0;
  for (std::string piece; page.Next(piece); piece.clear()) {
    EXPECT_FALSE(piece.empty());
    ++pieces;
    largest = std::max(largest, piece.size());
    text += piece;
  }
  EXPECT_GT(pieces, 10u);
  EXPECT_LT(largest, size_t{80} << 10);
  EXPECT_EQ(ParseSamples(text).size(), 1 + kSessions * 13);
  std::string family;
  std::map<std::string, int> declared;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.rfind(' ') - 7);
      EXPECT_EQ(++declared[family], 1) << family;
    } else if (!line.starts_with("#")) {
      ASSERT_TRUE(line.starts_with(family)) << line;
    }
  }
  EXPECT_EQ(declared.size(), 10u);
}

}  // namespace
}  // namespace holter::observe
