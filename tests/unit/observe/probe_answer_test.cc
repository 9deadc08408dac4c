#include "observe/probe_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/observe/view_registry.h"

namespace holter::observe {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

class ProbeAnswerTest : public ::testing::Test {
 protected:
  HttpResponse Ask(std::string_view query) { return AnswerProbe(registry_, {.path = "/probe", .query = query}); }
  std::map<std::string, double> Probe() {
    const HttpResponse response = Ask("target=feed-1");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(response.body.find("canary"), std::string::npos);
    return ParseSamples(response.body);
  }

  StillClock clock_;
  ViewRegistry registry_;
  ViewedSessions sessions_{clock_};
};

TEST_F(ProbeAnswerTest, AHealthySessionIsASuccess) {
  engine::SessionCell& cell = sessions_.Add(registry_, "feed-1");
  const std::string payload = sessions_.Open(
      cell, {.peer_address = "[2001:db8::1]:443", .tls_expiry = WallTime(std::chrono::seconds(1'800'000'000))});
  clock_.Pass(25ms);
  sessions_.Pong(cell, payload);
  const auto samples = Probe();
  EXPECT_THAT(samples, Contains(Pair("probe_success", 1)));
  EXPECT_THAT(samples, Contains(Pair("probe_duration_seconds", 0.025)));
  EXPECT_THAT(samples, Contains(Pair("probe_http_status_code", 101)));
  EXPECT_THAT(samples, Contains(Pair("probe_http_ssl", 1)));
  EXPECT_THAT(samples, Contains(Pair("probe_websocket_status_code", 101)));
  EXPECT_THAT(samples, Contains(Pair("probe_websocket_connection_upgraded", 1)));
  EXPECT_THAT(samples, Contains(Pair("probe_ip_protocol", 6)));
  EXPECT_THAT(samples, Contains(Pair("probe_ssl_earliest_cert_expiry", 1'800'000'000)));
}

TEST_F(ProbeAnswerTest, AnOpenConnectionThatNothingHasProvedIsNoSuccess) {
  sessions_.Open(sessions_.Add(registry_, "feed-1"), {.peer_address = "192.0.2.1:80"});
  const auto samples = Probe();
  EXPECT_THAT(samples, Contains(Pair("probe_success", 0)));
  EXPECT_THAT(samples, Contains(Pair("probe_websocket_connection_upgraded", 1)));
  EXPECT_THAT(samples, Contains(Pair("probe_ip_protocol", 4)));
  EXPECT_THAT(samples, Not(Contains(Key("probe_duration_seconds")))) << "there was no round trip";
}

TEST_F(ProbeAnswerTest, ARefusedUpgradeTellsItsStatus) {
  sessions_.Refuse(sessions_.Add(registry_, "feed-1"),
                   {.reason = core::Reason::kUpgradeStatus, .detail = "503", .http_status = 503});
  const auto samples = Probe();
  EXPECT_THAT(samples, Contains(Pair("probe_success", 0)));
  EXPECT_THAT(samples, Contains(Pair("probe_http_status_code", 503)));
  EXPECT_THAT(samples, Contains(Pair("probe_websocket_connection_upgraded", 0)));
  EXPECT_THAT(samples, Not(Contains(Key("probe_ip_protocol"))));
}

TEST_F(ProbeAnswerTest, APausedSessionIsNeitherSuccessNorFailure) {
  sessions_.Add(registry_, "feed-1", /*paused=*/true);
  EXPECT_THAT(Probe(), Not(Contains(Key("probe_success"))));
}

TEST_F(ProbeAnswerTest, TargetsAreNamesInThreeForms) {
  sessions_.Add(registry_, "feed-1");
  for (const char* target :
       {"feed-1", "default/feed-1", "tenants/default/sessions/feed-1", "tenants%2Fdefault%2Fsessions%2Ffeed-1"}) {
    EXPECT_EQ(Ask(std::string("module=any&target=") + target).status, 200) << target;
  }
  for (const char* target : {"feed-2", "other/feed-1", "tenants/other/sessions/feed-1"}) {
    EXPECT_EQ(Ask(std::string("target=") + target).status, 404) << target;
  }
  for (const char* query :
       {"", "target=", "target=/", "target=a/b/c", "target=Feed", "target=ws://peer/", "target=%00"}) {
    EXPECT_EQ(Ask(query).status, 400) << query;
  }
}

}  // namespace
}  // namespace holter::observe
