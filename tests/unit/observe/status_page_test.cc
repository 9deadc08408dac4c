#include "observe/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/unit/observe/view_registry.h"

namespace holter::observe {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kScript = "<script>alert('x')</script>";

// Everything that a peer or a caller may choose freely is a script.
v1::Session Hostile(const std::string& id) {
  v1::Session session;
  session.set_name("tenants/default/sessions/" + id);
  session.set_group(kScript);
  (*session.mutable_labels())["team"] = kScript;
  session.mutable_spec()->set_url("wss://peer.example.com:8443/canary-path?token=canary");
  v1::SessionStatus& status = *session.mutable_status();
  status.set_state(v1::STATE_BACKOFF);
  status.set_health(v1::HEALTH_DOWN);
  status.set_reason(v1::REASON_APP_HEARTBEAT);
  status.set_path(v1::PATH_PEER);
  status.set_detail(kScript);
  status.set_subprotocol(kScript);
  status.mutable_health_time()->set_seconds(1'700'000'000 - 90);
  status.mutable_next_attempt_time()->set_seconds(1'700'000'000 + 4);
  v1::BeatStatus& ping = *status.add_beats();
  ping.set_name("protocol");
  ping.set_verdict(v1::BeatStatus::VERDICT_ALIVE);
  ping.mutable_last_rtt()->set_nanos(412'000);
  v1::BeatStatus& beat = *status.add_beats();
  beat.set_name(kScript);
  beat.set_verdict(v1::BeatStatus::VERDICT_DEAD);
  beat.set_misses(3);
  beat.set_missed(17);
  return session;
}

class StatusPageTest : public ::testing::Test {
 protected:
  StatusPageTest() {
    registry_.list = [this](const v1::ListSessionsRequest& request) {
      list_request_ = request;
      return list_;
    };
    registry_.summarize = [this](const v1::GetFleetSummaryRequest& request) {
      summary_requests_.push_back(request);
      return summary_;
    };
    registry_.get = [](const v1::GetSessionRequest& request) -> absl::StatusOr<v1::Session> {
      if (request.name() != "tenants/default/sessions/feed-1") return absl::NotFoundError("");
      return Hostile("feed-1");
    };
    registry_.list_events = [this](const v1::ListSessionEventsRequest& request) {
      EXPECT_EQ(request.parent(), "tenants/default/sessions/feed-1");
      event_request_ = request;
      return events_;
    };
  }

  HttpResponse Ask(std::string_view path, std::string_view query = "") {
    const std::vector<HttpRoute> routes =
        StatusPageRoutes({.registry = &registry_, .metrics = &metrics_, .clock = &clock_, .unready_reason = [this] {
                            return unready_;
                          }});
    const std::string_view route = path.starts_with("/tenants/") ? "/tenants/"
                                   : path.starts_with("/page/")  ? "/page/"
                                                                 : path;
    for (const HttpRoute& one : routes) {
      if (one.path != route) continue;
      HttpResponse response = one.handler({.path = path, .query = query});
      EXPECT_TRUE(response.later == nullptr || response.lane == HttpLane::kPage) << "a scrape would wait for it";
      return response.later != nullptr ? response.later() : response;
    }
    ADD_FAILURE() << "no route " << path;
    return {};
  }

  StillClock clock_;
  Metrics metrics_{{.clock = &clock_, .version = "test"}};
  ViewRegistry registry_;
  v1::ListSessionsResponse list_;
  v1::FleetSummary summary_;
  v1::ListSessionEventsResponse events_;
  v1::ListSessionsRequest list_request_;
  std::vector<v1::GetFleetSummaryRequest> summary_requests_;
  v1::ListSessionEventsRequest event_request_;
  std::string unready_;
};

TEST_F(StatusPageTest, NothingThatOthersWroteIsMarkup) {
  *list_.add_sessions() = Hostile("feed-1");
  summary_.set_sessions(2);
  summary_.set_groups_total(2);
  summary_.add_groups()->set_group(kScript);
  v1::SessionEvent& event = *events_.add_events();
  event.set_detail(kScript);
  metrics_.SetStoreProblem(kScript);
  for (const auto& [path, query] : std::vector<std::pair<std::string, std::string>>{
           {"/", "q=%3Cscript%3Ealert('x')%3C%2Fscript%3E&group=%3Cscript%3E&tenant=%22%3E%3Cscript%3E"},
           {"/tenants/default/sessions/feed-1", ""},
           {"/tenants/%3Cscript%3E", "events=%3Cscript%3E"}}) {
    const HttpResponse page = Ask(path, query);
    EXPECT_THAT(page.body, Not(HasSubstr("<script>"))) << path;
    EXPECT_THAT(page.body, Not(HasSubstr("canary"))) << path;
  }
  EXPECT_THAT(Ask("/tenants/default/sessions/feed-1").body,
              HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
}

TEST_F(StatusPageTest, ABrowserMayRunAndEmbedNothing) {
  for (const char* path : {"/", "/tenants/default/sessions/feed-1", "/tenants/default/sessions/none"}) {
    const HttpResponse page = Ask(path);
    const std::map<std::string, std::string> fields(page.fields.begin(), page.fields.end());
    EXPECT_THAT(fields.at("Content-Security-Policy"),
                AllOf(HasSubstr("default-src 'none'"), HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))));
    EXPECT_EQ(fields.at("Referrer-Policy"), "no-referrer");
    EXPECT_THAT(page.body, Not(HasSubstr(" style="))) << path;
    EXPECT_THAT(page.body, Not(HasSubstr(" onclick="))) << path;
  }
}

TEST_F(StatusPageTest, TheFleetIsListedWorstFirstWithItsWhy) {
  *list_.add_sessions() = Hostile("feed-1");
  list_.set_next_page_token("token");
  summary_.set_sessions(19'500);
  auto* const down = summary_.add_healths();
  down->set_health(v1::HEALTH_DOWN);
  down->set_sessions(1'017);
  const HttpResponse page = Ask("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(list_request_.parent(), "tenants/-");
  EXPECT_EQ(list_request_.order_by(), "health desc, rtt desc");
  EXPECT_EQ(list_request_.page_size(), 50);
  EXPECT_EQ(summary_requests_.size(), 1U) << "one look at all is enough for what nobody has narrowed";
  EXPECT_THAT(page.body, HasSubstr("<title>1,017 down · Holter</title>"));
  EXPECT_THAT(page.body, HasSubstr("<a href=\"/tenants/default/sessions/feed-1\">"));
  EXPECT_THAT(page.body, HasSubstr("the peer does not answer &lt;script&gt;"));
  EXPECT_THAT(page.body, HasSubstr("in 4.0s</time>"));
  EXPECT_THAT(page.body, HasSubstr(">90s ago</time>"));
  EXPECT_THAT(page.body, HasSubstr("1–1 of 19500"));
  EXPECT_THAT(page.body, HasSubstr("href=\"/?page=token&amp;before=1\">Next page"));
}

TEST_F(StatusPageTest, ChoicesReachTheRegistry) {
  Ask("/", "q=feed&health=down&sort=name&tenant=blue&page=t");
  EXPECT_EQ(list_request_.parent(), "tenants/blue");
  EXPECT_EQ(list_request_.filter(), "(session:\"feed\" OR group:\"feed\" OR host:\"feed\") AND health = \"down\"");
  EXPECT_EQ(list_request_.order_by(), "");
  EXPECT_EQ(list_request_.page_token(), "t");
  ASSERT_EQ(summary_requests_.size(), 2U);
  EXPECT_EQ(summary_requests_[0].filter(), "(session:\"feed\" OR group:\"feed\" OR host:\"feed\")");
  EXPECT_EQ(summary_requests_[1].filter(), list_request_.filter());
}

TEST_F(StatusPageTest, WhatTheNumbersTellIsCountedWithoutAnotherLook) {
  summary_.set_sessions(9);
  auto* const health = summary_.add_healths();
  health->set_health(v1::HEALTH_DEGRADED);
  health->set_sessions(3);
  auto* const state = summary_.add_states();
  state->set_state(v1::STATE_BACKOFF);
  state->set_sessions(4);
  auto* const group = summary_.add_groups();
  group->set_group("feeds");
  group->set_sessions(15);
  group->set_healthy(8);
  group->set_degraded(4);
  group->set_down(1);
  *list_.add_sessions() = Hostile("feed-1");
  const auto place = [this](std::string_view query) {
    summary_requests_.clear();
    const std::string body = Ask("/", query).body;
    const size_t begin = body.find("1–1 of ");
    return body.substr(begin, body.find('<', begin) - begin);
  };
  EXPECT_EQ(place("health=degraded"), "1–1 of 3");
  EXPECT_EQ(place("state=backoff&q=a"), "1–1 of 4");
  EXPECT_EQ(place("group=feeds"), "1–1 of 15");
  EXPECT_EQ(place("group=feeds&health=healthy"), "1–1 of 8");
  EXPECT_EQ(place("group=feeds&health=degraded&q=a"), "1–1 of 4");
  EXPECT_EQ(place("group=feeds&health=down"), "1–1 of 1");
  EXPECT_EQ(place("group=feeds&health=unknown"), "1–1 of 2");
  EXPECT_EQ(summary_requests_.size(), 1U);
  EXPECT_EQ(place("group=feeds&state=backoff"), "1–1 of 9") << "as the second look says";
  EXPECT_EQ(summary_requests_.size(), 2U);
}

TEST_F(StatusPageTest, ASearchThatIsNotUnderstoodSaysWhy) {
  registry_.list = [](const v1::ListSessionsRequest&) {
    return absl::StatusOr<v1::ListSessionsResponse>(
        absl::InvalidArgumentError("filter: at character 3: expected <value>"));
  };
  const HttpResponse page = Ask("/", "q=a+%3D");
  EXPECT_EQ(page.status, 400);
  EXPECT_THAT(page.body, HasSubstr("at character 3: expected &lt;value&gt;"));
}

TEST_F(StatusPageTest, ASessionSaysWhyItIsDown) {
  v1::SessionEvent& event = *events_.add_events();
  event.set_from_health(v1::HEALTH_HEALTHY);
  event.set_to_health(v1::HEALTH_DOWN);
  event.set_reason(v1::REASON_APP_HEARTBEAT);
  event.set_detail("no answer within 1s");
  events_.set_next_page_token("older");
  const HttpResponse page = Ask("/tenants/default/sessions/feed-1");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("feed-1 is DOWN (since 2023-11-14 22:11:50.000): the peer does not answer "));
  EXPECT_THAT(page.body, HasSubstr("so it is the program, not the network"));
  EXPECT_THAT(page.body, HasSubstr("wss://peer.example.com:8443<"));
  EXPECT_THAT(page.body, HasSubstr(">17</td>"));
  EXPECT_THAT(page.body, HasSubstr("no answer within 1s"));
  EXPECT_THAT(page.body, HasSubstr("href=\"/tenants/default/sessions/feed-1?events=older\">Older"));
  Ask("/tenants/default/sessions/feed-1", "events=older");
  EXPECT_EQ(event_request_.page_token(), "older");
}

TEST_F(StatusPageTest, RoundTripsAreDrawnFromTheFirstLookOn) {
  ViewedSessions sessions(clock_);
  const core::SessionId id = sessions.Add(registry_, "feed-1").id;
  EXPECT_THAT(Ask("/tenants/default/sessions/feed-1").body, Not(HasSubstr("<polyline")));
  core::SessionObserver& group = *metrics_.ObserverFor("default", "feeds");
  for (int i = 1; i <= 3; ++i) {
    clock_.Pass(1s);
    group.OnBeat(id, {.kind = core::BeatReport::Kind::kAcked, .rtt = i * 1ms});
  }
  group.OnBeat(id, {.kind = core::BeatReport::Kind::kMissed, .app = true, .beat = 0, .rtt = {}});
  const std::string page = Ask("/tenants/default/sessions/feed-1").body;
  EXPECT_THAT(page, HasSubstr("<polyline"));
  EXPECT_THAT(page, HasSubstr("last 3.000 ms, median 2.000, slowest 3.000, of 3 answers"));
  EXPECT_THAT(page, HasSubstr("class=\"miss\""));
  EXPECT_THAT(page, HasSubstr("no answer yet, 1 missed"));
}

TEST_F(StatusPageTest, WhoIsNotThereIsNotFound) {
  for (const char* path : {"/tenants/default/sessions/none", "/tenants/default/sessions/", "/tenants/x"}) {
    EXPECT_EQ(Ask(path).status, 404) << path;
  }
  EXPECT_EQ(Ask("/page/none").status, 404);
}

TEST_F(StatusPageTest, WhatConcernsAllIsSaidOnTop) {
  metrics_.SetStoreProblem("STORE_FULL");
  EXPECT_THAT(Ask("/").body, HasSubstr("STORE_FULL: the store takes no changes; sessions go on."));
  unready_ = "stopping";
  EXPECT_THAT(Ask("/").body, HasSubstr("Holter is stopping"));
}

TEST_F(StatusPageTest, AssetsAreKeptByTheBrowser) {
  for (const char* path : {"/page/style.css", "/page/script.js", "/page/icon.svg"}) {
    const HttpResponse asset = Ask(path);
    EXPECT_EQ(asset.status, 200);
    EXPECT_EQ(asset.fields.front(), std::pair(std::string("Cache-Control"), std::string("max-age=86400")));
    EXPECT_GT(asset.body.size(), 100U);
  }
}

}  // namespace
}  // namespace holter::observe
