// holter events, and the history that describe shows.
#include <gmock/gmock.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/unit/cli/cli_fixture.h"

namespace holter::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

v1::SessionEvent Loss() {
  v1::SessionEvent event;
  event.set_name("tenants/default/sessions/feed-1");
  event.mutable_time()->set_seconds(1'800'000'000);
  event.set_from_state(v1::STATE_OPEN);
  event.set_from_health(v1::HEALTH_HEALTHY);
  event.set_to_state(v1::STATE_BACKOFF);
  event.set_to_health(v1::HEALTH_DOWN);
  event.set_reason(v1::REASON_PROTOCOL_HEARTBEAT);
  event.set_path(v1::PATH_PEER);
  event.set_detail("no pong within 1s");
  return event;
}

constexpr char kLossWords[] = "OPEN/HEALTHY → BACKOFF/DOWN  protocol_heartbeat \\(peer\\)  no pong within 1s\n";

class EventsCommandTest : public CliTest {
 protected:
  void Serve(int pages = 1) {
    for (int page = 0; page < pages; ++page) {
      server.service.events.Add(
          [this, page, pages](const v1::ListSessionEventsRequest& request, v1::ListSessionEventsResponse* response) {
            asked = request;
            *response->add_events() = Loss();
            if (page + 1 < pages) response->set_next_page_token("next");
            return grpc::Status::OK;
          });
    }
  }

  v1::ListSessionEventsRequest asked;
};

TEST_F(EventsCommandTest, ALineAnEventOverAllPages) {
  Serve(3);
  const CliResult result = Cli({"events", "feed-1", "--limit", "0"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  const std::string line = std::string("2027-[^ ]+ [^ ]+  feed-1  ") + kLossWords;
  EXPECT_THAT(result.out, MatchesRegex(line + line + line));
  EXPECT_EQ(asked.parent(), "tenants/default/sessions/feed-1");
}

TEST_F(EventsCommandTest, SendsWhatIsWanted) {
  Serve();
  ASSERT_EQ(Cli({"events", "--all", "--tenant", "own", "--reason", "peer_closed", "--reason=REASON_DNS", "--reason",
                 "Recovery", "--since", "1h", "--until", "2026-01-31T13:05:00.5+01:00", "--limit", "7"})
                .code,
            ExitCode::kOk);
  EXPECT_EQ(asked.parent(), "tenants/own/sessions/-");
  EXPECT_EQ(asked.page_size(), 7);
  EXPECT_THAT(asked.reasons(), ::testing::ElementsAre(v1::REASON_PEER_CLOSED, v1::REASON_DNS, v1::REASON_UNSPECIFIED));
  EXPECT_NEAR(static_cast<double>(asked.start_time().seconds()), static_cast<double>(absl::ToUnixSeconds(absl::Now())),
              3660);
  EXPECT_LT(asked.start_time().seconds(), absl::ToUnixSeconds(absl::Now()) - 3590);
  EXPECT_EQ(asked.end_time().seconds(), 1'769'861'100);
  EXPECT_EQ(asked.end_time().nanos(), 500'000'000);
}

TEST_F(EventsCommandTest, JsonIsTheAnswer) {
  Serve(2);
  const CliResult result = Cli({"events", "feed-1", "-o", "json"});
  EXPECT_THAT(result.out, HasSubstr("\"events\""));
  EXPECT_THAT(result.out, HasSubstr("REASON_PROTOCOL_HEARTBEAT"));
}

TEST_F(EventsCommandTest, NoneIsNoFailure) {
  server.service.events.Add([](const auto&, auto*) { return grpc::Status::OK; });
  const CliResult result = Cli({"events", "feed-1"});
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "no events\n");
}

TEST_F(EventsCommandTest, ARefusalTellsWhy) {
  server.service.events.Add([](const auto&, auto*) {
    return client::DetailedStatus(grpc::StatusCode::PERMISSION_DENIED, "robot is no viewer of own", "ROLE_MISSING");
  });
  const CliResult result = Cli({"events", "--all"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("ROLE_MISSING"));
}

TEST(EventsFlagsTest, WhatMakesNoSenseIsNotSent) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"events"},
           {"events", "feed-1", "--all"},
           {"events", "--all", "--reason", "bad_luck"},
           {"events", "--all", "--reason", "unspecified"},
           {"events", "--all", "--since", "yesterday"},
           {"events", "--all", "--until", "13:05"},
           {"events", "--all", "--limit", "-1"},
       }) {
    const CliResult result = RunCli(arguments);
    EXPECT_EQ(result.code, ExitCode::kUsage) << ::testing::PrintToString(arguments);
    EXPECT_NE(result.err, "");
  }
}

TEST_F(EventsCommandTest, DescribeShowsTheLastOnes) {
  server.service.get.Add(
      [](const v1::GetSessionRequest& request, v1::Session* response) {
        response->set_name(request.name());
        return grpc::Status::OK;
      },
      2);
  Serve();
  const CliResult result = Cli({"describe", "feed-1"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, MatchesRegex(std::string(".*\n  history:\n    2027-[^ ]+ [^ ]+  ") + kLossWords));
  EXPECT_EQ(asked.page_size(), 5);
  // The rest is said also when the history cannot be.
  server.service.events.Add(
      [](const auto&, auto*) {
        return client::DetailedStatus(grpc::StatusCode::UNAVAILABLE, "the history cannot be read", "HISTORY_FAILED");
      },
      4);
  const CliResult without = Cli({"describe", "feed-1", "--deadline", "50ms"});
  EXPECT_EQ(without.code, ExitCode::kOk);
  EXPECT_THAT(without.out, HasSubstr("\n  history: the history cannot be read (HISTORY_FAILED)\n"));
}

}  // namespace
}  // namespace holter::cli
