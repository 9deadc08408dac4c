// What filters mean, and how mistakes in them are told.
#include "registry/session_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace holter::registry {
namespace {

using ::testing::HasSubstr;

class SessionFilterTest : public ::testing::Test {
 protected:
  SessionFilterTest() {
    SessionTraits traits{.tenant = "default", .group = "feeds", .labels = {{"env", ""}, {"team", "core"}}, .key = {}};
    record_.declaration.session = "feed-7";
    record_.declaration.url = "wss://ws.example.com:444/x?token=secret";
    record_.declaration.traits = std::make_shared<const SessionTraits>(std::move(traits));
    record_.create_time = kNoon;
    subject_ = {.record = &record_,
                .state = core::State::kBackoff,
                .health = core::Health::kDown,
                .reason = core::Reason::kTlsExpired,
                .path = core::Path::kUnknown,
                .attempts = 4,
                .state_time = kNoon,
                .health_time = kNoon - std::chrono::hours(1),
                .last_alive_time = std::nullopt};
  }

  bool Matches(std::string_view text) const {
    const absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(text);
    EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
    return filter.ok() && filter->Matches(subject_);
  }
  static std::string Fault(std::string_view text) {
    const absl::Status status = SessionFilter::Parse(text).status();
    const ErrorDetails details = DetailsOf(status);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(details.violations.size(), 1u) << text;
    if (details.violations.empty()) return {};
    EXPECT_EQ(details.violations[0].field, "filter");
    return details.violations[0].description;
  }

  // 2026-01-31T12:00:00Z
  static constexpr WallTime kNoon{std::chrono::seconds(1769860800)};
  SessionRecord record_;
  FilterSubject subject_;
};

TEST_F(SessionFilterTest, NothingMatchesEverything) {
  EXPECT_TRUE(Matches(""));
  EXPECT_TRUE(Matches("  \t"));
  EXPECT_TRUE(SessionFilter::Parse("")->empty());
  EXPECT_FALSE(SessionFilter::Parse("state = OPEN")->empty());
}

TEST_F(SessionFilterTest, EnumsAreComparedByWordInAnyForm) {
  EXPECT_TRUE(Matches("state = BACKOFF"));
  EXPECT_TRUE(Matches("state=backoff"));
  EXPECT_TRUE(Matches("state = STATE_BACKOFF"));
  EXPECT_FALSE(Matches("state != BACKOFF"));
  EXPECT_TRUE(Matches("health = DOWN"));
  EXPECT_TRUE(Matches("reason = tls_expired"));
  EXPECT_TRUE(Matches("reason != none"));
  EXPECT_TRUE(Matches("path = unknown"));
  EXPECT_TRUE(Matches("origin = API"));
}

TEST_F(SessionFilterTest, TextIsExactOrHasWildcardsOrIsContained) {
  EXPECT_TRUE(Matches("session = feed-7"));
  EXPECT_FALSE(Matches("session = feed"));
  EXPECT_TRUE(Matches("session = feed*"));
  EXPECT_TRUE(Matches("session = *-7"));
  EXPECT_TRUE(Matches("session = f*d*7"));
  EXPECT_FALSE(Matches("session = f*d*8"));
  EXPECT_FALSE(Matches("session = feed-7*7")) << "wildcards do not share bytes";
  EXPECT_TRUE(Matches("session:eed"));
  EXPECT_TRUE(Matches("name = \"tenants/default/sessions/feed-*\""));
  EXPECT_TRUE(Matches("name = tenants/default/sessions/feed-7"));
  EXPECT_TRUE(Matches("group = 'feeds' host = ws.example.com"));
  EXPECT_FALSE(Matches("host : token")) << "only the host, never the rest of the URL";
}

TEST_F(SessionFilterTest, TheHostIsThatOfTheUrlInAnyForm) {
  const std::pair<const char*, const char*> hosts[] = {{"ws://peer", "peer"},
                                                       {"wss://peer/path", "peer"},
                                                       {"ws://peer:1/", "peer"},
                                                       {"ws://peer?a=b", "peer"},
                                                       {"WSS://Peer.Example.org/", "peer.example.org"},
                                                       {"ws://192.0.2.1:80/", "192.0.2.1"},
                                                       {"ws://[2001:db8::1]:80/", "2001:db8::1"}};
  for (const auto& [url, host] : hosts) {
    record_.declaration.url = url;
    EXPECT_TRUE(Matches("host = \"" + std::string(host) + "\"")) << url;
  }
}

TEST_F(SessionFilterTest, LabelsAreThereOrHaveAValue) {
  EXPECT_TRUE(Matches("labels.team = core"));
  EXPECT_TRUE(Matches("labels:team"));
  EXPECT_TRUE(Matches("labels.env:*"));
  EXPECT_FALSE(Matches("labels:absent"));
  EXPECT_FALSE(Matches("labels.absent = x"));
  EXPECT_TRUE(Matches("labels.absent != x"));
}

TEST_F(SessionFilterTest, NumbersAndTimesHaveAnOrder) {
  EXPECT_TRUE(Matches("attempts > 3 attempts >= 4 attempts <= 4 attempts < 5 attempts = 4 attempts != 5"));
  EXPECT_FALSE(Matches("attempts > 4"));
  EXPECT_TRUE(Matches("create_time = \"2026-01-31T12:00:00Z\""));
  // Beyond what 64 bits of nanoseconds reach.
  EXPECT_TRUE(Matches("create_time < \"9999-12-31T23:59:59Z\""));
  EXPECT_FALSE(Matches("create_time > \"2263-01-01T00:00:00Z\""));
  EXPECT_TRUE(Matches("create_time > \"0001-01-01T00:00:00Z\""));
  EXPECT_FALSE(Matches("create_time < \"1677-01-01T00:00:00Z\""));
  EXPECT_TRUE(Matches("health_time < \"2026-01-31T12:00:00Z\" AND state_time >= \"2026-01-31T13:00:00+01:00\""));
  EXPECT_FALSE(Matches("last_alive_time < \"2030-01-01T00:00:00Z\"")) << "it was never alive";
  EXPECT_TRUE(Matches("last_alive_time != \"2030-01-01T00:00:00Z\""));
}

TEST_F(SessionFilterTest, OrBindsTighterThanAnd) {
  EXPECT_FALSE(Matches("state = OPEN AND health = DOWN OR health = DEGRADED"));
  EXPECT_TRUE(Matches("(state = OPEN AND health = DOWN) OR reason = tls_expired"));
  EXPECT_TRUE(Matches("state = BACKOFF health = HEALTHY OR health = DOWN"));
}

TEST_F(SessionFilterTest, NotAndMinusNegateOneTerm) {
  EXPECT_TRUE(Matches("NOT state = OPEN AND health = DOWN"));
  EXPECT_TRUE(Matches("-state = OPEN"));
  EXPECT_FALSE(Matches("NOT (state = OPEN OR health = DOWN)"));
  EXPECT_TRUE(Matches("NOT NOT health = DOWN"));
}

TEST_F(SessionFilterTest, MistakesAreToldWithTheirPlace) {
  EXPECT_THAT(Fault("state = SLEEPING"), HasSubstr("at character 9: expected one of CONNECTING, OPEN"));
  EXPECT_THAT(Fault("colour = red"), HasSubstr("at character 1: \"colour\" is not a field; expected one of name"));
  EXPECT_THAT(Fault("state"), HasSubstr("at character 6: expected a comparator"));
  EXPECT_THAT(Fault("state ="), HasSubstr("expected a value behind \"=\""));
  EXPECT_THAT(Fault("state = OPEN AND"), HasSubstr("at character 17: expected a field"));
  EXPECT_THAT(Fault("(state = OPEN"), HasSubstr("expected a closing parenthesis"));
  EXPECT_THAT(Fault("state = OPEN)"), HasSubstr("at character 13"));
  EXPECT_THAT(Fault("group = \"feeds"), HasSubstr("at character 9: expected a quotation mark"));
  EXPECT_THAT(Fault("attempts > many"), HasSubstr("expected a whole number"));
  EXPECT_THAT(Fault("create_time > yesterday"), HasSubstr("RFC 3339"));
  EXPECT_THAT(Fault("state < OPEN"), HasSubstr("expected = or !="));
  EXPECT_THAT(Fault("group > a"), HasSubstr("expected =, != or :"));
  EXPECT_THAT(Fault("labels = a"), HasSubstr("labels.team"));
  EXPECT_THAT(Fault("regex(name, x)"), HasSubstr("functions are not supported"));
  EXPECT_THAT(Fault("state ! OPEN"), HasSubstr("NOT"));
}

TEST_F(SessionFilterTest, SizeAndDepthHaveBounds) {
  EXPECT_THAT(Fault(std::string(SessionFilter::kMostBytes + 1, ' ')), HasSubstr("2048 bytes"));
  EXPECT_THAT(Fault(std::string(600, '(')), HasSubstr("16 levels"));
  EXPECT_THAT(Fault(std::string(600, '-')), HasSubstr("16 levels"));
  EXPECT_TRUE(Matches("((((((((((((state = BACKOFF))))))))))))"));
}

}  // namespace
}  // namespace holter::registry
